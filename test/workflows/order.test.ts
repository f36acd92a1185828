/** Accepted means it will happen, once and in order: duplicates, stale events, half-made changes, and workers that go away. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { acceptEvents } from '../../db/accept-events';
import { deleteGroup } from '../support/groups';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { expectInvariants, settle } from '../support/invariants';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(() => expectInvariants(rack));

const place = (sled: number) => ({ sled_id: rack.sleds[sled]!.id, propolis_id: randomUUID() });
const instancesOf = async (group: string) => (await rack.members(group)).map((row) => row.instance_id).toSorted();

async function runsOf(workflowId: string): Promise<number> {
  let runs = 0;
  for await (const run of rack.temporal.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    runs += run.workflowId === workflowId ? 1 : 0;
  return runs;
}

test('the same event twice: one workflow, one effect', async () => {
  const group = await rack.group('twice', freshIp());
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const event = { event_id: randomUUID(), kind: 'start' as const, generation: 2, ...place(0) };
  const posted = [{ instanceId: vm.id, event }];
  expect((await acceptEvents(rack.db, posted))[0]).toMatchObject({ outcome: 'accepted' });
  const ref = { eventId: event.event_id, instanceId: vm.id, generation: 2 };
  await Promise.all([rack.temporal.startLifecycle('start', [ref]), rack.temporal.startLifecycle('start', [ref])]);
  expect((await rack.outcome(ref)).state).toBe('succeeded');
  const row = await rack.event(ref);
  expect((await acceptEvents(rack.db, posted))[0]).toEqual({ outcome: 'duplicate', claimedBy: row.claimed_by });
  await until('its run is visible', async () => (await runsOf(row.claimed_by!)) > 0);
  expect(await runsOf(row.claimed_by!)).toBe(1);
});

test('a run started again after its event is over changes nothing', async () => {
  const ip = freshIp();
  const group = await rack.group('over', ip);
  const vm = await runningVm(rack, [group], 0);
  const stop = await vm.stop();
  await rack.outcome(stop);
  const before = [await rack.event(stop), rack.writes(), await rack.members(group)];
  const run = rack.temporal.client.workflow.getHandle((await rack.event(stop)).claimed_by!);
  await run.result(); // its outcome is written before it ends
  await rack.temporal.startLifecycle('stop', [stop]);
  const result = await run.result();
  expect(result).toMatchObject({ results: [{ eventId: stop.eventId, outcome: 'succeeded' }] });
  expect([await rack.event(stop), rack.writes(), await rack.members(group)]).toEqual(before);
});

test('an older generation is stale and changes nothing', async () => {
  const ip = freshIp();
  const group = await rack.group('stale', ip);
  const vm = await runningVm(rack, [group], 0);
  await rack.outcome(await vm.stop());
  const late = { event_id: randomUUID(), kind: 'start' as const, generation: 2, ...place(1) };
  expect(await acceptEvents(rack.db, [{ instanceId: vm.id, event: late }])).toEqual([{ outcome: 'stale' }]);
  await rack.temporal.startLifecycle('start', [{ eventId: late.event_id, instanceId: vm.id, generation: 2 }]);
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
  expect((await rack.event({ eventId: late.event_id, instanceId: vm.id, generation: 2 })).state).toBe('stale');
});

test('a start whose run comes first takes its create with it', async () => {
  const ip = freshIp();
  const group = await rack.group('racing', ip);
  const vm = newVm(rack, { start: false });
  const [create, start] = [await vm.create([group]), await vm.start(3)];
  await rack.temporal.startLifecycle('start', [start]);
  expect((await rack.outcome(start)).state).toBe('succeeded');
  expect(rack.both(ip)).toEqual([['rear4'], ['rear4']]);
  await rack.temporal.startLifecycle('create', [create]);
  expect((await rack.outcome(create)).state).toBe('succeeded');
});

test('a create that fails while others are members takes away only its own rows', async () => {
  const ip = freshIp();
  const [stays, ends] = [await rack.group('stays', ip), await rack.group('ends', freshIp())];
  const other = await runningVm(rack, [stays], 0);
  const vm = newVm(rack, { start: false });
  const create = await vm.create([stays, ends]);
  await rack.deleteGroup(ends);
  await until('the group is gone', async () => !(await rack.groupExists(ends)));
  await rack.temporal.startLifecycle('create', [create]);
  const outcome = await rack.outcome(create);
  expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringMatching(/is gone/) });
  expect(await instancesOf(stays)).toEqual([other.id]);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a reconfiguration with one bad group changes nothing', async () => {
  const [first, second, bad] = [
    await rack.group('r1', freshIp()),
    await rack.group('r2', freshIp()),
    await rack.group('r3', freshIp()),
  ];
  const vm = newVm(rack);
  await rack.settled([await vm.create([first])]);
  await rack.settled([await vm.start(1)]);
  await rack.stopWorker();
  const reconfigure = await vm.reconfigure([second, bad]);
  await deleteGroup(rack.db, bad);
  await rack.startWorker();
  await rack.temporal.wakeGroup({ id: bad, ip: '', name: 'r3' });
  expect(await rack.outcome(reconfigure)).toMatchObject({ state: 'failed' });
  expect([await instancesOf(first), await instancesOf(second)]).toEqual([[vm.id], []]);
});

test('a reconfiguration replaces the whole set', async () => {
  const ips = [freshIp(), freshIp(), freshIp()] as const;
  const groups = await Promise.all(ips.map((ip, at) => rack.group(`set${at}`, ip)));
  const vm = newVm(rack);
  await rack.settled([await vm.create(groups.slice(0, 2))]);
  await rack.settled([await vm.start(1)]);
  expect(await rack.settled([await vm.reconfigure(groups.slice(1))])).toEqual(['succeeded']);
  expect(ips.map((ip) => rack.both(ip))).toEqual([
    [[], []],
    [['rear2'], ['rear2']],
    [['rear2'], ['rear2']],
  ]);
  expect(await rack.settled([await vm.reconfigure([])])).toEqual(['succeeded']);
  expect(rack.both(ips[2])).toEqual([[], []]);
});

test('a migration overtaken by a stop ends superseded, and no port is left', async () => {
  const ip = freshIp();
  const group = await rack.group('overtaken', ip);
  const vm = await runningVm(rack, [group], 0);
  const [migrate, stop] = [await vm.migrate(1), await vm.stop()];
  expect((await rack.outcome(stop)).state).toBe('succeeded');
  expect(['superseded', 'succeeded']).toContain((await rack.outcome(migrate)).state);
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
  expect(await rack.members(group)).toMatchObject([{ state: 'left' }]);
});

test('a worker stopped in the middle of a start and started again: the event completes', async () => {
  const ip = freshIp();
  const group = await rack.group('worker', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await until('the group is there', () => rack.ports(1, ip) !== null);
  const { faults } = rack.switches[0]!.state;
  for (const method of ['POST', 'PUT', 'DELETE'])
    faults.add({ match: { path: '/multicast', method }, action: { kind: 'status', status: 500 } });
  const start = await vm.start(2);
  await until('in the middle', () => faults.list().some((fault) => fault.injected > 0));
  await rack.stopWorker();
  expect((await rack.event(start)).time_finished).toBeNull();
  faults.clear();
  await rack.startWorker();
  expect((await rack.outcome(start)).state).toBe('succeeded');
  expect(rack.both(ip)).toEqual([['rear3'], ['rear3']]);
});

test('a claimed event whose run is gone is taken up again', async () => {
  const ip = freshIp();
  const group = await rack.group('orphaned', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await rack.stopWorker();
  const start = await vm.start(0);
  const id = `start/${vm.id}/${start.eventId}`;
  await rack.temporal.client.workflow.getHandle(id).terminate();
  await rack.db.execute(sql`
    update instance_event set state = 'running', claimed_by = ${id}, time_claimed = now() where event_id = ${start.eventId}`);
  await rack.startWorker();
  await settle(rack);
  expect((await rack.event(start)).state).toBe('succeeded');
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});
