/** Switches that go at the worst moment: in the middle of an undo, while they come back, or with a write that hangs. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { byHand, externalGroup, underlayGroup } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { underlayAddress } from '../../domain/underlay';
import { freshIp, newVm, runningVm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  injector.clear();
  for (const facing of rack.switches) {
    facing.state.faults.clear();
    facing.state.resume();
  }
  await expectInvariants(rack);
});

const undoing = (input: unknown) => (input as { undo: boolean }).undo;

async function row(at: number) {
  const rows = await rack.db.execute<{ service: string; incarnation: number }>(
    sql`select service::text as service, incarnation from switch where id = ${rack.switches[at]!.id}`,
  );
  return rows[0]!;
}

const healthUntil = (at: number, wanted: string) =>
  until(`switch${at} is ${wanted}`, async () => {
    if ((await row(at)).service === wanted) return true;
    await rack.run('switchHealth');
    return (await row(at)).service === wanted;
  });

async function created(name: string) {
  const ip = freshIp();
  const group = await rack.group(name, ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  return { ip, group, vm };
}

test('a switch dies in the middle of an undo: the undo ends with it, the other one is whole, and it owes the rest', async () => {
  const { ip, group, vm } = await created('dies');
  await runningVm(rack, [group], 0);
  injector.add({
    activity: 'programSwitch',
    how: 'after',
    terminal: true,
    about: [rack.switches[1]!.id],
    only: (input) => !undoing(input) && JSON.stringify(input).includes('rear2'),
  });
  const undo = injector.hold({ activity: 'programSwitch', about: [rack.switches[0]!.id], only: undoing });
  const start = await vm.start(1);
  await undo.reached;
  rack.switches[0]!.state.pause('reset');
  undo.release();
  await healthUntil(0, 'unreachable');
  expect((await rack.outcome(start)).state).toBe('failed');
  await until('the next round serves it on the other', () => rack.ports(1, ip)?.join() === 'rear1,rear2');
  expect(rack.ports(0, ip)).toEqual(['rear1', 'rear2']);
  await rack.settled([await vm.stop()]);
  expect(rack.both(ip)).toEqual([['rear1', 'rear2'], ['rear1']]);
  rack.switches[0]!.state.resume();
  await healthUntil(0, 'in_service');
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a switch comes back while rounds go on and restarts during its resync: what it acknowledged before is not believed', async () => {
  const { ip, group, vm } = await created('returns');
  const other = await runningVm(rack, [group], 2);
  rack.switches[1]!.state.pause('reset');
  await healthUntil(1, 'unreachable');
  expect(await rack.settled([await vm.start(0)])).toEqual(['succeeded']);
  rack.switches[1]!.state.resume();
  const written = injector.hold({ activity: 'programSwitch', about: [rack.switches[1]!.id] }, 'after');
  await rack.run('switchHealth');
  await written.reached;
  const before = await row(1);
  expect(before.service).toBe('resyncing');
  await rack.restartSwitch(1);
  await rack.run('switchHealth');
  const stop = await other.stop();
  written.release();
  expect((await rack.outcome(stop)).state).toBe('succeeded');
  await healthUntil(1, 'in_service');
  expect((await row(1)).incarnation).toBeGreaterThan(before.incarnation);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a switch restarts between its acknowledgement and the commit: nothing is claimed that it has lost', async () => {
  const { ip, group, vm } = await created('forgets');
  const commit = injector.hold({ activity: 'commitRound', about: [group] });
  const start = await vm.start(0);
  await commit.reached;
  await rack.restartSwitch(1);
  await rack.run('switchHealth');
  commit.release();
  expect((await rack.outcome(start)).state).toBe('succeeded');
  await healthUntil(1, 'in_service');
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a group that a returning switch refuses fails alone: the switch is back in service, and so are the other groups', async () => {
  const { ip, group, vm } = await created('refused');
  const [other, foreign] = [freshIp(), 'omicron:somebody'] as const;
  await runningVm(rack, [await rack.group('other', other)], 3);
  await rack.settled([await vm.start(0)]);
  rack.switches[1]!.state.pause('reset');
  await healthUntil(1, 'unreachable');
  rack.switches[1]!.state.restart();
  rack.switches[1]!.state.resume();
  await byHand(rack, 1, [underlayGroup(ip, foreign, ['rear9']), externalGroup(ip, foreign)]);
  await healthUntil(1, 'in_service');
  expect(rack.both(other)).toEqual([['rear4'], ['rear4']]);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear9']]);
  const asked = await vm.stop();
  expect(await rack.outcome(asked)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/somebody else/) });
  expect((await row(1)).service).toBe('in_service');
  await byHand(rack, 1, [
    { op: 'deleteExternal', ip, tag: foreign },
    { op: 'deleteUnderlay', ip: underlayAddress(ip, 0), tag: foreign },
  ]);
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
  expect(await rack.members(group)).toMatchObject([{ state: 'left' }]);
});

test('writes that hang are given up, and come through when newer ones are long decided', async () => {
  const { ip, vm } = await created('hangs');
  rack.switches[1]!.state.pause('hang');
  const start = await vm.start(0);
  await until('the write hangs', () => rack.ports(0, ip)?.join() === 'rear1');
  await healthUntil(1, 'unreachable');
  expect((await rack.outcome(start)).state).toBe('succeeded');
  expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
  rack.switches[1]!.state.resume();
  await healthUntil(1, 'in_service');
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
});

test('a timeout whose write was applied: read back, and the event succeeds', async () => {
  const { ip, vm } = await created('slow');
  const { faults, requests } = rack.switches[1]!.state;
  faults.add({ match: { path: '/multicast', method: 'PUT' }, action: { kind: 'drop', when: 'after' }, times: 1 });
  const before = requests.summary().writes;
  expect(await rack.settled([await vm.start(0)])).toEqual(['succeeded']);
  expect([faults.list()[0]!.injected, requests.summary().writes - before]).toEqual([1, 1]);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('an object of ours without a row that is there when a switch comes back is gone before it counts', async () => {
  const gone = freshIp();
  rack.switches[0]!.state.pause('reset');
  await healthUntil(0, 'unreachable');
  rack.switches[0]!.state.resume();
  const tag = `rackcast:${randomUUID()}`;
  await byHand(rack, 0, [underlayGroup(gone, tag, ['rear1']), externalGroup(gone, tag)]);
  await healthUntil(0, 'in_service');
  expect(rack.ports(0, gone)).toBeNull();
});

test('a group that goes while a returning switch is swept has left it before it counts', async () => {
  const { ip, group } = await created('swept');
  const facing = rack.switches[1]!;
  facing.state.pause('reset');
  await healthUntil(1, 'unreachable');
  const removal = injector.hold({ activity: 'commitRound', about: [group] });
  await rack.deleteGroup(group);
  await removal.reached;
  facing.state.resume();
  const tag = `rackcast:${randomUUID()}`;
  await byHand(rack, 1, [underlayGroup(freshIp(), tag, ['rear1'])]);
  const match = { path: '/multicast', method: 'DELETE' };
  facing.state.faults.add({ match, action: { kind: 'delay', ms: 3_000 }, times: 1 });
  await rack.run('switchHealth');
  await until('an orphan is being removed', () => facing.state.faults.list()[0]?.injected === 1);
  removal.release();
  await until('the group is gone', async () => !(await rack.groupExists(group)));
  await healthUntil(1, 'in_service');
  expect(rack.ports(1, ip)).toBeNull();
});
