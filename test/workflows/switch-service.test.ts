/** Switches that are silent, restart, or lack a port: groups converge on the others, and nothing is claimed that is not so. */
import { sql } from 'drizzle-orm';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { expectInvariants, settle } from '../support/invariants';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  for (const facing of rack.switches) facing.state.resume();
  await expectInvariants(rack);
});

async function service(at: number): Promise<string> {
  const rows = await rack.db.execute<{ service: string }>(
    sql`select service from switch where id = ${rack.switches[at]!.id}`,
  );
  return rows[0]!.service;
}

const healthUntil = (at: number, wanted: string) =>
  until(`switch${at} is ${wanted}`, async () => {
    if ((await service(at)) === wanted) return true;
    await rack.run('switchHealth');
    return (await service(at)) === wanted;
  });

test('a switch restarted empty is complete again without any event', async () => {
  const ip = freshIp();
  const group = await rack.group('restart', ip);
  await runningVm(rack, [group], 0);
  await rack.restartSwitch(1);
  expect(rack.ports(1, ip)).toBeNull();
  await rack.run('switchHealth');
  await until('complete again', () => rack.ports(1, ip)?.join() === 'rear1');
  await healthUntil(1, 'in_service');
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a switch that is unreachable holds nobody up; when it answers again, it is brought up to date', async () => {
  const ip = freshIp();
  const group = await rack.group('silent', ip);
  const first = await runningVm(rack, [group], 0);
  rack.switches[1]!.state.pause('reset');
  await healthUntil(1, 'unreachable');
  const second = await runningVm(rack, [group], 1);
  expect(rack.both(ip)).toEqual([['rear1', 'rear2'], ['rear1']]);
  expect(await rack.settled([await first.stop()])).toEqual(['succeeded']);
  expect(await rack.members(group)).toEqual(
    expect.arrayContaining([expect.objectContaining({ instance_id: second.id, state: 'joined' })]),
  );
  rack.switches[1]!.state.resume();
  await healthUntil(1, 'in_service');
  expect(rack.both(ip)).toEqual([['rear2'], ['rear2']]);
});

test('a switch that falls silent during a round: the event waits for the verdict, then succeeds on the other', async () => {
  const ip = freshIp();
  const group = await rack.group('falls', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await until('the group is there', () => rack.ports(1, ip) !== null);
  rack.switches[1]!.state.pause('reset');
  const start = await vm.start(2);
  await until('the other switch has it', () => rack.ports(0, ip)?.join() === 'rear3');
  expect((await rack.event(start)).time_finished).toBeNull();
  expect(await rack.members(group)).toMatchObject([{ state: 'joining' }]);
  await healthUntil(1, 'unreachable');
  expect((await rack.outcome(start)).state).toBe('succeeded');
  expect(await rack.members(group)).toMatchObject([{ state: 'joined' }]);
});

test('no switch in service: nothing is reported as done or as failed, and all is made good later', async () => {
  const ip = freshIp();
  const group = await rack.group('none', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  for (const facing of rack.switches) facing.state.pause('reset');
  await healthUntil(0, 'unreachable');
  await healthUntil(1, 'unreachable');
  const start = await vm.start(0);
  await until('the reason is said', async () => (await rack.members(group))[0]?.reason === 'no switch is in service');
  expect(await rack.members(group)).toMatchObject([{ state: 'joining' }]);
  expect((await rack.event(start)).time_finished).toBeNull();
  for (const facing of rack.switches) facing.state.resume();
  await settle(rack);
  expect((await rack.outcome(start)).state).toBe('succeeded');
  expect(await rack.members(group)).toMatchObject([{ state: 'joined' }]);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a switch that lacks a port: that member stays Joining with the reason, the others are served', async () => {
  const ip = freshIp();
  const group = await rack.group('lacks', ip);
  await rack.db.execute(sql`update switch set ports = array_remove(ports, 'rear4') where id = ${rack.switches[1]!.id}`);
  const [good, bad] = [newVm(rack), newVm(rack)];
  await rack.settled([await good.create([group]), await bad.create([group])]);
  const [first, second] = [await good.start(0), await bad.start(3)];
  expect((await rack.outcome(first)).state).toBe('succeeded');
  expect(await rack.outcome(second)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/no port rear4/) });
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  expect((await rack.members(group)).find((row) => row.instance_id === bad.id)).toMatchObject({
    state: 'joining',
    reason: 'switch1 has no port rear4',
  });
  // A new incarnation is asked for its ports anew.
  await rack.restartSwitch(1);
  await rack.run('switchHealth');
  await healthUntil(1, 'in_service');
  await settle(rack);
  await until('joined after all', async () => (await rack.members(group)).every((row) => row.state === 'joined'));
});
