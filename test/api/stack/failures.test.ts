/** What users and Nexus see over HTTP while parts are away: nothing accepted is lost, and nothing is shown before it is so. */
import { sql } from 'drizzle-orm';
import { until } from '../../support/rack';
import { startRunning, type Running } from '../../support/running';

let stack: Running;
beforeAll(async () => {
  stack = await startRunning();
});
afterAll(() => stack.close());
afterEach(() => {
  for (const { state } of [...stack.rack.switches, ...stack.rack.sleds]) {
    state.faults.clear();
    state.resume();
  }
});

async function switchBecomes(at: number, service: string): Promise<void> {
  const { id } = stack.rack.switches[at]!;
  await until(`switch${at} is ${service}`, async () => {
    await stack.rack.run('switchHealth');
    const rows = await stack.db.execute(sql`select 1 from switch where id = ${id} and service = ${service}`);
    return rows.length === 1;
  });
}

test('without a worker everything is accepted and stored; with one it happens', async () => {
  await stack.rack.stopWorker();
  const { body: group } = await stack.create({ name: 'patient' });
  const vm = stack.vm();
  const posted = [await vm.create(['patient']), await vm.start(0)];
  expect(await stack.members(group.id)).toEqual({});
  expect(stack.rack.both(group.multicast_ip)).toEqual([null, null]);
  await stack.rack.startWorker();
  expect(await stack.outcomes(posted)).toEqual(['succeeded', 'succeeded']);
  expect(stack.rack.both(group.multicast_ip)).toEqual([['rear1'], ['rear1']]);
});

test('without an acknowledgement of the last switch nothing is Joined; with it, it is', async () => {
  const group = await stack.group('careful');
  const [, second] = stack.rack.switches;
  const fault = { match: { path: '/multicast' }, action: { kind: 'status', status: 503, message: 'busy' } } as const;
  second!.state.faults.add(fault);
  const vm = stack.vm();
  await vm.create(['careful']);
  const started = await vm.start(1);
  await until('the switch was asked', () => second!.state.faults.list().some(({ injected }) => injected > 0));
  expect(Object.values(await stack.members(group.id))).not.toContain('Joined');
  second!.state.faults.clear();
  expect(await stack.outcome(started)).toMatchObject({ outcome: 'succeeded' });
  expect(await stack.members(group.id)).toEqual({ [vm.id]: 'Joined' });
  expect(stack.rack.both(group.multicast_ip)).toEqual([['rear2'], ['rear2']]);
});

test('a switch that is unreachable holds nobody up, and is brought up to date when it answers again', async () => {
  const group = await stack.group('degraded');
  stack.rack.switches[1]!.state.pause('reset');
  await switchBecomes(1, 'unreachable');
  const vm = await stack.runningVm(['degraded'], 2);
  expect(await stack.members(group.id)).toEqual({ [vm.id]: 'Joined' });
  expect(stack.rack.both(group.multicast_ip)).toEqual([['rear3'], []]);
  stack.rack.switches[1]!.state.resume();
  await switchBecomes(1, 'in_service');
  expect(stack.rack.both(group.multicast_ip)).toEqual([['rear3'], ['rear3']]);
});

test('a switch restarted empty has every group again without any call', async () => {
  const group = await stack.group('survivor');
  await stack.runningVm(['survivor'], 0);
  await stack.rack.restartSwitch(0);
  expect(stack.rack.both(group.multicast_ip)).toEqual([null, ['rear1']]);
  await switchBecomes(0, 'in_service');
  await stack.portsBecome(group.multicast_ip, ['rear1']);
});

test('a sled that refuses: the start fails with the reason, its membership stays wanted, others are served', async () => {
  const group = await stack.group('half');
  const other = await stack.runningVm(['half'], 0);
  const { state } = stack.rack.sleds[1]!;
  state.faults.add({
    match: { method: 'PUT', path: '/vmms/*/multicast-group' },
    action: { kind: 'status', status: 400, message: 'no such nic' },
  });
  const vm = stack.vm();
  await vm.create(['half']);
  const started = await stack.outcome(await vm.start(1));
  expect(started).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no such nic') });
  expect(await stack.members(group.id)).toEqual({ [other.id]: 'Joined', [vm.id]: 'Joining' });
  state.faults.clear();
  await stack.rack.run('reconcile');
  await stack.memberBecomes(group.id, vm.id, 'Joined');
});

test('what somebody changed on a switch by hand is put right by reconciliation', async () => {
  const group = await stack.group('tampered');
  await stack.runningVm(['tampered'], 3);
  const { address } = stack.rack.switches[0]!;
  const tag = stack.rack.object(0, group.multicast_ip)!.tag;
  const url = `${address.includes('://') ? address : `http://${address}`}/multicast/groups/${group.multicast_ip}`;
  const removed = await fetch(`${url}?tag=${encodeURIComponent(tag)}`, {
    method: 'DELETE',
    headers: { 'api-version': '8.0.0' },
  });
  expect(removed.status).toBe(204);
  expect(stack.rack.both(group.multicast_ip)).toEqual([null, ['rear4']]);
  await stack.rack.run('reconcile');
  await stack.portsBecome(group.multicast_ip, ['rear4']);
});
