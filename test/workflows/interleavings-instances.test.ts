/** Events of one instance that cross each other at the worst moment: each held where it hurts, while the next one happens. */
import { sql } from 'drizzle-orm';
import { joinGroup } from '../../db/members';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { registrationOf } from '../support/lives';
import { backdate } from '../support/out-of-order';
import { startRack, type TestRack } from '../support/rack';
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
  for (const each of rack.sleds) each.state.faults.clear();
  await expectInvariants(rack);
});

const memberOf = async (group: string, instance: string) =>
  (await rack.members(group)).find((row) => row.instance_id === instance);

test('a stop between "the target receives" and the move: nothing moves, the migration ends superseded', async () => {
  const ips = [freshIp(), freshIp()] as const;
  const groups = [await rack.group('move-1', ips[0]), await rack.group('move-2', ips[1])];
  const vm = await runningVm(rack, groups, 0);
  const move = injector.hold({ activity: 'moveToTarget' });
  const migrate = await vm.migrate(1);
  await move.reached;
  expect(ips.map((ip) => rack.both(ip)[0])).toEqual([
    ['rear1', 'rear2'],
    ['rear1', 'rear2'],
  ]);
  expect((await rack.outcome(await vm.stop())).state).toBe('succeeded');
  move.release();
  expect(await rack.outcome(migrate)).toMatchObject({ state: 'superseded' });
  for (const [at, ip] of ips.entries()) {
    expect(rack.both(ip)).toEqual([[], []]);
    expect(await rack.members(groups[at]!)).toMatchObject([{ state: 'left', sled_id: null }]);
  }
});

test.each(['where the first was going', 'where the first began'])(
  'a second migration before the first has moved, from %s: the second decides',
  async (from) => {
    const ip = freshIp();
    const group = await rack.group(`second-${from.replaceAll(' ', '-')}`, ip);
    const vm = await runningVm(rack, [group], 0);
    const source = vm.place;
    const move = injector.hold({ activity: 'moveToTarget' });
    const first = await vm.migrate(1);
    await move.reached;
    if (from === 'where the first began') vm.stays(source);
    const second = await vm.migrate(2);
    expect((await rack.outcome(second)).state).toBe('succeeded');
    move.release();
    expect((await rack.outcome(first)).state).toBe('superseded');
    expect(rack.both(ip)).toEqual([['rear3'], ['rear3']]);
    expect(await rack.members(group)).toMatchObject([{ state: 'joined', sled_id: rack.sleds[2]!.id }]);
  },
);

test('a migration of one of two groups that fails leaves the source in both', async () => {
  const ips = [freshIp(), freshIp()] as const;
  const groups = [await rack.group('two-1', ips[0]), await rack.group('two-2', ips[1])];
  const vm = await runningVm(rack, groups, 0);
  const source = vm.place;
  const fault = injector.add({
    activity: 'programSwitch',
    how: 'after',
    terminal: true,
    about: [groups[1]!],
    only: (input) => JSON.stringify(input).includes('rear4'),
  });
  const migrate = await vm.migrate(3);
  expect((await rack.outcome(migrate)).state).toBe('failed');
  vm.stays(source);
  await settle(rack);
  expect(fault.injected).toBe(1);
  for (const [at, ip] of ips.entries()) {
    expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
    expect(await rack.members(groups[at]!)).toMatchObject([{ state: 'joined', sled_id: source.sled_id }]);
  }
});

test('a join through the API between the acceptance of a create and its application stays', async () => {
  const [ip, joined] = [freshIp(), freshIp()];
  const groups = [await rack.group('named', ip), await rack.group('joined', joined)] as const;
  const vm = newVm(rack, { start: false });
  const create = await vm.create([groups[0]]);
  await rack.db.transaction((tx) => joinGroup(tx, { instanceId: vm.id, groupId: groups[1] }));
  await rack.temporal.startLifecycle('create', [create]);
  expect((await rack.outcome(create)).state).toBe('succeeded');
  const start = await vm.start(1);
  await rack.temporal.startLifecycle('start', [start]);
  expect((await rack.outcome(start)).state).toBe('succeeded');
  expect([rack.both(ip), rack.both(joined)]).toEqual([
    [['rear2'], ['rear2']],
    [['rear2'], ['rear2']],
  ]);
});

test('a claimed event whose run has never existed is taken up under its claim', async () => {
  const ip = freshIp();
  const group = await rack.group('claimed', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const start = await vm.post({ kind: 'start', sled_id: rack.sleds[0]!.id, propolis_id: vm.id }, false);
  const nobody = `start/${vm.id}/nobody`;
  await rack.db.execute(sql`
    update instance_event set state = 'running', claimed_by = ${nobody}, time_claimed = now() where event_id = ${start.eventId}`);
  await backdate(rack, [start.eventId]);
  expect(await rack.run('reconcile')).toMatchObject({ errors: [] });
  expect(await rack.outcome(start)).toMatchObject({ state: 'succeeded', claimed_by: nobody });
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('two runs of one event under different ids: one has it, the other does nothing', async () => {
  const ip = freshIp();
  const group = await rack.group('two-runs', ip);
  const vm = newVm(rack, { start: false });
  const refs = [await vm.create([group]), await vm.start(2)] as const;
  const ids = [`start/${vm.id}/a`, `start/${vm.id}/b`];
  await Promise.all(ids.map((workflowId) => rack.temporal.startLifecycle('start', [refs[1]], { workflowId })));
  expect((await rack.outcome(refs[1])).state).toBe('succeeded');
  const results = await Promise.all(
    ids.map(async (id) => (await rack.temporal.client.workflow.getHandle(id).result()) as { results: unknown[] }),
  );
  expect(results.map(({ results: own }) => own.length).toSorted()).toEqual([0, 1]);
  expect(rack.both(ip)).toEqual([['rear3'], ['rear3']]);
});

test('a stop while the start’s registration is under way: the start is superseded, and no flow is left', async () => {
  const ip = freshIp();
  const group = await rack.group('registering', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const registration = injector.hold({ activity: 'registerVmm' }, 'after');
  const start = await vm.start(0, { vmm_registration: registrationOf(vm.id) });
  await registration.reached;
  expect((await rack.outcome(await vm.stop())).state).toBe('succeeded');
  registration.release();
  expect((await rack.outcome(start)).state).toBe('superseded');
  await settle(rack);
  expect(rack.both(ip)).toEqual([[], []]);
  expect(await memberOf(group, vm.id)).toMatchObject({ state: 'left' });
});

test('a registration that is refused after another run has applied its start: the place is taken back', async () => {
  const [ip, added] = [freshIp(), freshIp()];
  const [group, second] = [await rack.group('refused-late', ip), await rack.group('added', added)];
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  rack.sleds[1]!.state.faults.add({
    match: { method: 'PUT', path: '/vmms/*' },
    action: { kind: 'status', status: 400, message: 'no room' },
  });
  const registration = injector.hold({ activity: 'registerVmm' });
  const start = await vm.start(1, { vmm_registration: registrationOf(vm.id) });
  await registration.reached;
  await rack.outcome(await vm.reconfigure([group, second]));
  expect(rack.both(ip)).toEqual([['rear2'], ['rear2']]);
  registration.release();
  expect(await rack.outcome(start)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/no room/) });
  await settle(rack);
  for (const [each, at] of [
    [group, ip],
    [second, added],
  ] as const) {
    expect(rack.both(at)).toEqual([[], []]);
    expect(await memberOf(each, vm.id)).toMatchObject({ state: 'left', sled_id: null });
  }
});
