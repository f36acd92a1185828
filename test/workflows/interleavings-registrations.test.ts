/** VMM registrations that something crosses: an event, a removal, a round; held at the sled, where the order is decided. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { registrationOf } from '../support/lives';
import { startRack, until, type TestRack } from '../support/rack';
import { refusePort } from '../support/refused-ports';
import { freshIp, newVm, runningVm, type Vm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  injector.clear();
  for (const { state } of rack.sleds) {
    state.faults.clear();
    state.resume();
  }
  await expectInvariants(rack);
});

const REGISTRATION = { method: 'PUT', path_pattern: '^/vmms/[^/]+$' };
const refuse = (sled: number) =>
  rack.sleds[sled]!.state.faults.add({
    match: REGISTRATION,
    action: { kind: 'status', status: 400, message: 'no room' },
  });
const memberOf = async (group: string, vm: Vm) => (await rack.members(group)).find((row) => row.instance_id === vm.id);
const nicOf = (sled: number, vmm: string) =>
  rack.sleds[sled]!.state.vmms.view().find((each) => each.propolis_id === vmm)?.nics[0];

async function created(name: string) {
  const ip = freshIp();
  const group = await rack.group(name, ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  return { ip, group, vm };
}

/** A start whose registration is on its way to the sled, which takes it up only when it is resumed. */
async function underWay(vm: Vm, sled: number) {
  rack.sleds[sled]!.state.pause('hang');
  const start = await vm.start(sled, { vmm_registration: registrationOf(vm.id) });
  const vmm = vm.place.propolis_id;
  await until('the registration is under way', async () => {
    const rows = await rack.db.execute(sql`select 1 from member_flow where propolis_id = ${vmm} and registering`);
    return rows.length > 0;
  });
  return { start, vmm, arrives: () => rack.sleds[sled]!.state.resume() };
}

test('a group that is removed while a registration with it is under way: the NIC leaves it all the same', async () => {
  const { group, vm } = await created('removed');
  const { start, vmm, arrives } = await underWay(vm, 0);
  await rack.deleteGroup(group);
  await until('the group is gone', async () => !(await rack.groupExists(group)));
  arrives();
  expect((await rack.outcome(start)).state).toBe('succeeded');
  await settle(rack);
  expect(nicOf(0, vmm)).toMatchObject({ prepared: [], joined: [] });
});

test('what a registration prepared is taken back although its start was overtaken before the sled had it', async () => {
  const { ip, vm } = await created('early');
  const { start, vmm, arrives } = await underWay(vm, 0);
  expect((await rack.outcome(await vm.stop())).state).toBe('succeeded');
  arrives();
  expect((await rack.outcome(start)).state).toBe('superseded');
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
  expect(nicOf(0, vmm)).toMatchObject({ prepared: [], joined: [] });
});

test('a round never joins for good what only a late registration has prepared', async () => {
  const { ip, group, vm } = await created('late');
  const { start, vmm, arrives } = await underWay(vm, 0);
  expect((await rack.outcome(await vm.stop())).state).toBe('succeeded');
  const again = await vm.start(0);
  arrives();
  expect(await rack.settled([start])).toEqual(['superseded']);
  await rack.outcome(again);
  await settle(rack);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined' });
  expect(nicOf(0, vm.place.propolis_id)?.joined).toMatchObject([{ group_ip: ip }]);
  expect(nicOf(0, vmm)).toMatchObject({ prepared: [], joined: [] });
});

test('what a registration began that has outlived its time and died is taken back by reconciliation', async () => {
  const { ip, group } = await created('outlived');
  const vmm = randomUUID();
  rack.sleds[0]!.state.vmms.join(vmm, { group_ip: ip, sources: [] });
  await rack.db.execute(sql`
    insert into member_flow (group_id, propolis_id, sled_id, group_ip, sources, state, round, registering, time_modified)
    values (${group}, ${vmm}, ${rack.sleds[0]!.id}, ${ip}, '', 'joining', 0, true, now() - interval '1 hour')`);
  await settle(rack);
  expect(nicOf(0, vmm)?.joined).toEqual([]);
});

test('the undo of a start that a migration has overtaken, in one fold, changes nothing', async () => {
  const { ip, group, vm } = await created('overtaken');
  const lost = injector.add({ activity: 'registerVmm', how: 'after', terminal: true });
  const { start, arrives } = await underWay(vm, 0);
  const migrate = await vm.migrate(1);
  await until(
    'it is applied',
    async () =>
      (
        await rack.db.execute(
          sql`select 1 from instance_event where event_id = ${migrate.eventId} and time_applied is not null`,
        )
      ).length > 0,
  );
  arrives();
  expect(await rack.settled([start, migrate])).toEqual(['superseded', 'succeeded']);
  expect(lost.injected).toBe(1);
  await settle(rack);
  expect(rack.both(ip)).toEqual([['rear2'], ['rear2']]);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined', sled_id: rack.sleds[1]!.id });
});

test('a migration that fails back to a VMM whose registration failed meanwhile: not Joined, and the reason is the agent’s', async () => {
  const { ip, group, vm } = await created('fails-back');
  rack.sleds[0]!.state.pause('hang');
  const lost = injector.add({ activity: 'registerVmm', how: 'before', terminal: true });
  const registration = injector.hold({ activity: 'unregisterVmm' });
  const start = await vm.start(0, { vmm_registration: registrationOf(vm.id) });
  await registration.reached;
  expect(lost.injected).toBe(1);
  rack.sleds[0]!.state.resume();
  const source = vm.place;
  const accept = refusePort(rack.switches[0]!, 'rear3', ip);
  const migrate = await vm.migrate(2);
  expect((await rack.outcome(migrate)).state).toBe('failed');
  vm.stays(source);
  await until('joined where it came from', async () => (await memberOf(group, vm))?.state === 'joined');
  registration.release();
  expect((await rack.outcome(start)).state).toBe('superseded');
  await until('its reason is the agent’s', async () => /NO_SUCH/.test((await memberOf(group, vm))?.reason ?? ''));
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joining' });
  expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
  accept();
});

test.each(['its own run', 'the run of a newer event'])(
  'a start over a running instance whose registration fails, applied by %s: the instance is nowhere',
  async (by) => {
    const ip = freshIp();
    const group = await rack.group(`over-${by.split(' ').length}`, ip);
    const vm = await runningVm(rack, [group], 0);
    const before = vm.place.propolis_id;
    refuse(1);
    const registration = injector.hold({ activity: 'registerVmm' });
    const start = await vm.start(1, { vmm_registration: registrationOf(vm.id) });
    await registration.reached;
    if (by !== 'its own run') await rack.outcome(await vm.reconfigure([group]));
    registration.release();
    expect(await rack.outcome(start)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/no room/) });
    await settle(rack);
    expect(rack.both(ip)).toEqual([[], []]);
    expect(await memberOf(group, vm)).toMatchObject({ state: 'left', sled_id: null });
    expect(nicOf(0, before)?.joined).toEqual([]);
  },
);
