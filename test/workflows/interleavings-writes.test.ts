/** Writes to switches that end half-way, or whose end nobody hears; what such a switch really replicates is read from its engine. */
import { activityInfo } from '@temporalio/activity';
import type { ProgramSwitch } from '../../activities/program-switch';
import { underlayAddress } from '../../domain/underlay';
import { parseIp } from '../../simulators/switch/addresses';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
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
  for (const facing of rack.switches) facing.state.faults.clear();
  await expectInvariants(rack);
});

const PUT = { path: '/multicast', method: 'PUT' };
const POST = { path: '/multicast', method: 'POST' };
const towards = (port: string) => (input: unknown) =>
  !(input as ProgramSwitch).undo && JSON.stringify((input as ProgramSwitch).task.desired).includes(port);

/** Ports to which the switch replicates, whatever it reports. */
function replicated(at: number, ip: string): string[] {
  const { groups } = rack.switches[at]!.state.daemon;
  const record = groups.get(parseIp(underlayAddress(ip, 0))!);
  return record === undefined ? [] : groups.pre.ports(record.ids.underlay);
}

test('a change of members that ends half-way and is not heard of is undone for good, though the old members are reported', async () => {
  const ip = freshIp();
  const group = await rack.group('half', ip);
  await runningVm(rack, [group], 0);
  const vms = [newVm(rack, { start: false }), newVm(rack, { start: false })] as const;
  const creates = await Promise.all(vms.map((vm) => vm.create([group])));
  await rack.startTogether('create', creates);
  await rack.settled(creates);
  await settle(rack);
  const facing = rack.switches[1]!;
  const accept = refusePort(facing, 'rear4', ip);
  facing.state.faults.add({ match: PUT, action: { kind: 'drop', when: 'after' }, times: 1 });
  const dies = injector.add({
    activity: 'programSwitch',
    how: 'before',
    terminal: true,
    about: [facing.id],
    only: (input) => towards('rear4')(input) && activityInfo().attempt > 1,
  });
  const undone = injector.hold({ activity: 'commitRound', about: [group] });
  const starts = [await vms[0].start(2), await vms[1].start(3)];
  await rack.startTogether('start', starts);
  await undone.reached;
  expect(dies.injected).toBe(1);
  expect([rack.ports(1, ip), replicated(1, ip)]).toEqual([['rear1'], ['rear1/0']]);
  accept();
  undone.release();
  expect(await rack.settled(starts)).toEqual(['failed', 'failed']);
});

test('a change of members that was applied and not heard of is whole: nothing is made anew', async () => {
  const ip = freshIp();
  const group = await rack.group('whole', ip);
  await runningVm(rack, [group], 0);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  const facing = rack.switches[1]!;
  facing.state.faults.add({ match: PUT, action: { kind: 'drop', when: 'after' }, times: 1 });
  const created = facing.state.faults.add({ match: POST, action: { kind: 'delay', ms: 0 } });
  injector.add({
    activity: 'programSwitch',
    how: 'before',
    terminal: true,
    about: [facing.id],
    only: (input) => towards('rear3')(input) && activityInfo().attempt > 1,
  });
  expect(await rack.settled([await vm.start(2)])).toEqual(['failed']);
  await settle(rack);
  expect(rack.both(ip).map((ports) => ports?.join())).toEqual(['rear1,rear3', 'rear1,rear3']);
  expect(facing.state.faults.list().find((fault) => fault.id === created.id)?.injected).toBe(0);
});

test('a port refused by a switch that restarts before the round ends is asked for again', async () => {
  const ip = freshIp();
  const group = await rack.group('forgotten', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  const accept = refusePort(rack.switches[0]!, 'rear2', ip);
  const before = rack.writes()[0]!;
  const other = injector.hold({ activity: 'programSwitch', about: [rack.switches[1]!.id] }, 'after');
  const start = await vm.start(1);
  await other.reached;
  await until('it is refused', () => rack.writes()[0]! > before);
  accept();
  await rack.restartSwitch(0);
  await rack.run('switchHealth');
  other.release();
  expect((await rack.outcome(start)).state).toBe('failed');
  await settle(rack);
  expect(rack.both(ip)).toEqual([['rear2'], ['rear2']]);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined' }]);
});
