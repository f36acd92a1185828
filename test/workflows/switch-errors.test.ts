/** Switches that answer, but with errors: retried, put back, left out; never a half-made change. */
import { groupWorkflowId } from '../../domain/workflow-ids';
import { LIMITS } from '../../domain/limits';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { expectInvariants, settle } from '../support/invariants';
import { refusePort } from '../support/refused-ports';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ visibleSteps: true });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  clearFaults();
  await expectInvariants(rack);
});

const clearFaults = () => rack.switches.forEach((facing) => facing.state.faults.clear());

/** Writes, of one method or of all. */
function fault(at: number, status: number, { method, times = null }: { method?: string; times?: number | null } = {}) {
  for (const each of method === undefined ? ['POST', 'PUT', 'DELETE'] : [method]) {
    const match = { path: '/multicast', method: each };
    rack.switches[at]!.state.faults.add({ match, action: { kind: 'status', status }, times });
  }
}
const injected = (at: number) => rack.switches[at]!.state.faults.list().reduce((sum, one) => sum + one.injected, 0);

async function attemptsOf(groupId: string): Promise<number> {
  const history = await rack.temporal.client.workflow.getHandle(groupWorkflowId(groupId)).fetchHistory();
  const attempts = (history.events ?? []).map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 0);
  return Math.max(0, ...attempts);
}

test('one 500 to one write: tried again, as the history shows, and the event succeeds', async () => {
  const ip = freshIp();
  const group = await rack.group('once', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  fault(1, 500, { method: 'PUT', times: 1 });
  expect(await rack.settled([await vm.start(0)])).toEqual(['succeeded']);
  expect(injected(1)).toBe(1);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  expect(await attemptsOf(group)).toBeGreaterThan(1);
});

test('500 to every write past the bound: the other switch is put back, the member stays wanted and joins later', async () => {
  const ip = freshIp();
  const group = await rack.group('bound', ip);
  await runningVm(rack, [group], 0);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  fault(1, 500);
  const start = await vm.start(1);
  await until('the attempts are used up, and it is being undone', () => injected(1) > LIMITS.switchAttempts);
  await until('the other switch is put back', () => rack.ports(0, ip)?.join() === 'rear1');
  expect((await rack.event(start)).state).toBe('running');
  clearFaults();
  const outcome = await rack.outcome(start);
  expect(outcome.state).toBe('failed');
  expect(outcome.reason).toMatch(/switch1.*500/);
  const member = (await rack.members(group)).find((row) => row.instance_id === vm.id);
  expect(member).toMatchObject({ sled_id: rack.sleds[1]!.id });
  await until('joined by a later round', async () =>
    (await rack.members(group)).every((row) => row.state === 'joined'),
  );
  expect(rack.both(ip)).toEqual([
    ['rear1', 'rear2'],
    ['rear1', 'rear2'],
  ]);
  expect((await rack.event(start)).state).toBe('failed');
});

test('a switch that refuses every write leaves service, the others go on, and it comes back by itself', async () => {
  const ip = freshIp();
  const group = await rack.group('stuck', ip);
  await runningVm(rack, [group], 0);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  fault(1, 400);
  const outcome = await rack.outcome(await vm.start(1));
  expect(outcome.reason ?? '').not.toBe('cancelled');
  expect(rack.ports(0, ip)).toContain('rear1');
  expect(injected(1)).toBeGreaterThan(0);
  clearFaults();
  await settle(rack);
  expect((await rack.members(group)).find((row) => row.sled_id === rack.sleds[0]!.id)).toMatchObject({
    state: 'joined',
  });
});

test('a port that a switch refuses is left out with its reason, others in the same round are served', async () => {
  const ip = freshIp();
  const group = await rack.group('refused', ip);
  const [good, bad] = [newVm(rack, { start: false }), newVm(rack, { start: false })];
  const created = [await good.create([group]), await bad.create([group])];
  await rack.startTogether('create', created);
  await rack.settled(created);
  await until('group is there', () => rack.ports(1, ip)?.length === 0);
  const accept = refusePort(rack.switches[1]!, 'rear3');
  const [first, second] = [await good.start(1), await bad.start(2)];
  await rack.startTogether('start', [first, second]);
  expect((await rack.outcome(first)).state).toBe('succeeded');
  const refused = await rack.outcome(second);
  expect(refused.state).toBe('failed');
  expect(refused.reason).toMatch(/switch1/);
  expect(rack.both(ip)).toEqual([['rear2'], ['rear2']]);
  const states = new Map((await rack.members(group)).map((row) => [row.instance_id, row]));
  expect(states.get(good.id)).toMatchObject({ state: 'joined' });
  expect(states.get(bad.id)).toMatchObject({ state: 'joining', reason: expect.stringMatching(/switch1/) });
  accept();
});

test('a migration that a switch refuses: the source stays, in both groups', async () => {
  const ips = [freshIp(), freshIp()] as const;
  const groups = [await rack.group('m1', ips[0]), await rack.group('m2', ips[1])];
  const vm = await runningVm(rack, groups, 0);
  const source = vm.place;
  const accept = refusePort(rack.switches[0]!, 'rear4', ips[0]);
  const outcome = await rack.outcome(await vm.migrate(3));
  vm.stays(source);
  expect(outcome.state).toBe('failed');
  expect(outcome.reason).toMatch(/switch0/);
  await settle(rack);
  for (const [at, ip] of ips.entries()) {
    expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
    expect(await rack.members(groups[at]!)).toMatchObject([{ state: 'joined', sled_id: source.sled_id }]);
  }
  accept();
});

test('an answer that is lost after the write: read back, not written twice', async () => {
  const ip = freshIp();
  const group = await rack.group('lost', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await until('group is there', () => rack.ports(0, ip)?.length === 0);
  const before = rack.writes();
  for (const facing of rack.switches)
    facing.state.faults.add({
      match: { path: '/multicast', method: 'PUT' },
      action: { kind: 'drop', when: 'after' },
      times: 1,
    });
  expect(await rack.settled([await vm.start(2)])).toEqual(['succeeded']);
  expect([injected(0), injected(1)]).toEqual([1, 1]);
  expect(rack.writes().map((count, at) => count - before[at]!)).toEqual([1, 1]);
});
