/** Rounds whose worker died: who is never told by them, and what they still do when a newer one is over. */
import { sql } from 'drizzle-orm';
import { tagOf } from '../../domain/switch-edits';
import { underlayAddress } from '../../domain/underlay';
import { groupWorkflowId } from '../../domain/workflow-ids';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { byHand } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  injector.clear();
  await expectInvariants(rack);
});

test.each(['tellWaiters', 'commitRound'] as const)(
  'a round whose run died at %s: its waiters are told by reconciliation',
  async (activity) => {
    const ip = freshIp();
    const group = await rack.group(`untold-${activity.toLowerCase()}`, ip);
    const vm = newVm(rack);
    await rack.settled([await vm.create([group])]);
    await settle(rack);
    const how = activity === 'tellWaiters' ? 'before' : 'after';
    const fault = injector.add({ activity, how, terminal: true, about: [group] });
    const start = await vm.start(0);
    await until('nobody was told', () => fault.injected === 1);
    await until('its run is over', async () => {
      const { status } = await rack.temporal.client.workflow.getHandle(groupWorkflowId(group)).describe();
      return status.name === 'FAILED';
    });
    expect((await rack.event(start)).state).toBe('running');
    await rack.run('reconcile');
    expect((await rack.outcome(start)).state).toBe('succeeded');
    expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  },
);

/** A start whose round is held, then given up by its dead worker; a stop is served by a newer round. */
async function overtakenRound(name: string, activity: 'commitRound' | 'programSwitch') {
  const ip = freshIp();
  const group = await rack.group(name, ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  const about = activity === 'commitRound' ? [group] : [rack.switches[0]!.id];
  const held = injector.hold({ activity, about, only: (input) => JSON.stringify(input).includes(group) });
  const start = await vm.start(0);
  await held.reached;
  await rack.temporal.client.workflow.getHandle(groupWorkflowId(group)).terminate();
  const stop = await vm.stop();
  await until('it has changed its rows', async () => (await rack.members(group))[0]?.sled_id === null);
  await rack.run('reconcile');
  expect(await rack.settled([start, stop])).toEqual(['superseded', 'succeeded']);
  expect(rack.both(ip)).toEqual([[], []]);
  return { ip, group, held };
}

test('a commit of a dead worker after a newer round changes nothing', async () => {
  const { group, held } = await overtakenRound('late-commit', 'commitRound');
  await settle(rack);
  const state = () =>
    rack.db.execute(sql`
    select g.round, g.config, g.served, a.config as acked, a.suspect, m.state, m.reason from multicast_group g
    join switch_ack a on a.group_id = g.id join multicast_group_member m on m.external_group_id = g.id
    where g.id = ${group} order by a.switch_id`);
  const before = [...(await state())];
  held.release();
  await held.ended;
  expect([...(await state())]).toEqual(before);
});

test('an attempt of a dead worker after a newer round changes no members any more', async () => {
  const { ip, held } = await overtakenRound('late-attempt', 'programSwitch');
  const before = rack.writes();
  held.release();
  await held.ended;
  expect(rack.writes()).toEqual(before);
  expect(rack.both(ip)).toEqual([[], []]);
});

test('a write of a dead worker that was under way when a newer round began is found and put right', async () => {
  const { ip, group, held } = await overtakenRound('late-write', 'programSwitch');
  held.release();
  await held.ended;
  const members = [{ port: 'rear1', direction: 'Underlay' as const }];
  await byHand(rack, 0, [{ op: 'replaceMembers', ip: underlayAddress(ip, 0), tag: tagOf(group), members }]);
  expect(rack.both(ip)).toEqual([['rear1'], []]);
  expect(await rack.run('reconcile')).toMatchObject({ groups_different: 1 });
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
});
