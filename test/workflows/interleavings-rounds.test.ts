/** Rounds that many share, and that something crosses: one bad start among ten stops, who comes during one, two reconciliations at once. */
import { sql } from 'drizzle-orm';
import type { ProgramSwitch } from '../../activities/program-switch';
import { groupWorkflowId } from '../../domain/workflow-ids';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { disorder } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { refusePort } from '../support/refused-ports';
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
  await expectInvariants(rack);
});

const roundOf = async (group: string) => {
  const rows = await rack.db.execute<{ round: number }>(sql`select round from multicast_group where id = ${group}`);
  return rows[0]!.round;
};
const undoing = (input: unknown) => (input as ProgramSwitch).undo;
const portsOf = (input: unknown) => (input as ProgramSwitch).task.desired?.members.map((member) => member.port);

/** Ten running VMs that stop and one that starts, all in one round that `trouble` happens to. */
async function elevenInOneRound(name: string, trouble: (ip: string) => void) {
  const ip = freshIp();
  const group = await rack.group(name, ip);
  const vms = Array.from({ length: 11 }, () => newVm(rack, { start: false }));
  const created = await Promise.all(vms.map((vm) => vm.create([group])));
  const good = vms.slice(1);
  const started = await Promise.all(good.map((vm, at) => vm.start(at % 3)));
  await rack.startTogether('create', created);
  await rack.startTogether('start', started);
  expect(new Set(await rack.settled([...created, ...started]))).toEqual(new Set(['succeeded']));
  await settle(rack);
  const before = await roundOf(group);
  trouble(ip);
  const round = injector.hold({ activity: 'beginRound', about: [group] });
  const stops = await Promise.all(good.map((vm) => vm.stop()));
  await rack.startTogether('stop', stops);
  const start = await vms[0]!.start(3);
  await rack.startTogether('start', [start]);
  await round.reached;
  const ids = [...stops, start].map((ref) => ref.eventId);
  await until('all have changed their rows', async () => {
    const rows = await rack.db.execute(
      sql`select 1 from instance_event where event_id in ${ids} and time_applied is not null`,
    );
    return rows.length === ids.length;
  });
  round.release();
  expect(new Set(await rack.settled(stops))).toEqual(new Set(['succeeded']));
  return { ip, start: await rack.outcome(start), rounds: (await roundOf(group)) - before };
}

test('ten stops and one start that a switch refuses, in one round: the stops succeed, the start says why', async () => {
  let accept = () => {};
  const { ip, start, rounds } = await elevenInOneRound('refuses', (at) => {
    accept = refusePort(rack.switches[1]!, 'rear4', at);
  });
  expect(start).toMatchObject({ state: 'failed', reason: expect.stringMatching(/switch1.*no such port/) });
  expect(rounds).toBe(1);
  expect(rack.both(ip)).toEqual([[], []]);
  accept();
});

test('ten stops and one start that a switch fails, in one round: undone is only the start, no stopped port comes back', async () => {
  const restored: (string[] | undefined)[] = [];
  const { start } = await elevenInOneRound('fails', () => {
    injector.add({
      activity: 'programSwitch',
      how: 'after',
      terminal: true,
      about: [rack.switches[1]!.id],
      only: (input) => !undoing(input) && portsOf(input)?.includes('rear4') === true,
    });
    injector.add({
      activity: 'programSwitch',
      how: 'before',
      only: (input) => undoing(input) && restored.push(portsOf(input)) < 0,
    });
  });
  expect(start).toMatchObject({ state: 'failed', reason: expect.stringMatching(/injected/) });
  expect(restored.length).toBeGreaterThan(0);
  expect(restored.flat()).toEqual([]);
});

test('who comes during a round is not judged by it, and is served by the next', async () => {
  const ip = freshIp();
  const group = await rack.group('during', ip);
  const [first, second] = [newVm(rack), newVm(rack)];
  await rack.settled([await first.create([group]), await second.create([group])]);
  await settle(rack);
  const commit = injector.hold({ activity: 'commitRound', about: [group] });
  const early = await first.start(0);
  await commit.reached;
  const late = await second.start(0);
  await until('its rows have changed', async () => (await rack.members(group)).every((row) => row.sled_id !== null));
  commit.release();
  expect(await rack.settled([early, late])).toEqual(['succeeded', 'succeeded']);
  expect((await rack.members(group)).map((row) => row.state)).toEqual(['joined', 'joined']);
});

test('two reconciliations at once: each thing is done, and once', async () => {
  const restored = await disorder(rack, injector);
  const reports = await Promise.all([1, 2].map(() => rack.run<{ errors: string[] }>('reconcile')));
  expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
  await restored();
});

test('a round that begins while its group is already at rest is no round', async () => {
  const group = await rack.group('rest', freshIp());
  await runningVm(rack, [group], 0);
  await settle(rack);
  const [before, writes] = [await roundOf(group), rack.writes()];
  await Promise.all(Array.from({ length: 20 }, () => rack.temporal.wakeGroup({ id: group, ip: '', name: '' })));
  await until('it has completed', async () => {
    const { status } = await rack.temporal.client.workflow.getHandle(groupWorkflowId(group)).describe();
    return status.name === 'COMPLETED';
  });
  expect([await roundOf(group), rack.writes()]).toEqual([before, writes]);
});
