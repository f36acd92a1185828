/** Sleds that are slow, silent or refuse: they delay their own members and nobody else's. */
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { registrationOf } from '../support/lives';
import { expectInvariants, settle } from '../support/invariants';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  for (const each of rack.sleds) {
    each.state.faults.clear();
    each.state.resume();
  }
  await expectInvariants(rack);
});

const stateOf = async (group: string, instance: string) =>
  (await rack.members(group)).find((row) => row.instance_id === instance);

test('a sled that answers with errors: its member says why, the others of the round are served', async () => {
  const group = await rack.group('errors', freshIp());
  const [good, bad] = [newVm(rack, { start: false }), newVm(rack, { start: false })];
  const created = [await good.create([group]), await bad.create([group])];
  await rack.startTogether('create', created);
  await rack.settled(created);
  rack.sleds[1]!.state.faults.add({ match: { method: 'PUT' }, action: { kind: 'status', status: 503 } });
  const [first, second] = [await good.start(0), await bad.start(1)];
  await rack.startTogether('start', [first, second]);
  expect((await rack.outcome(first)).state).toBe('succeeded');
  expect(await rack.outcome(second)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/503/) });
  expect(await stateOf(group, bad.id)).toMatchObject({ state: 'joining', reason: expect.stringMatching(/503/) });
  rack.sleds[1]!.state.faults.clear();
  await settle(rack);
  expect(await stateOf(group, bad.id)).toMatchObject({ state: 'joined', reason: null });
});

test('a silent sled does not hold up an instance that leaves it, nor one elsewhere', async () => {
  const ip = freshIp();
  const group = await rack.group('silent', ip);
  const stays = await runningVm(rack, [group], 2);
  rack.sleds[2]!.state.faults.add({ action: { kind: 'drop', when: 'before' } });
  const elsewhere = await runningVm(rack, [group], 3);
  expect((await rack.outcome(await stays.stop())).state).toBe('succeeded');
  expect(rack.both(ip)).toEqual([['rear4'], ['rear4']]);
  expect(await stateOf(group, elsewhere.id)).toMatchObject({ state: 'joined' });
});

test('an instance that failed: its sled is not asked', async () => {
  const ip = freshIp();
  const group = await rack.group('failed', ip);
  const vm = await runningVm(rack, [group], 0);
  const before = rack.sleds[0]!.state.requests.counters().requests;
  expect(await rack.settled([await vm.fail()])).toEqual(['succeeded']);
  expect(rack.sleds[0]!.state.requests.counters().requests).toBe(before);
  expect(await rack.settled([await vm.start(0)])).toEqual(['succeeded']);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a registration that the sled refuses: the event fails, the VMM is unregistered, no row has moved', async () => {
  const ip = freshIp();
  const group = await rack.group('unregistered', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await until('left', async () => (await stateOf(group, vm.id))?.state === 'left');
  rack.sleds[1]!.state.faults.add({
    match: { method: 'PUT', path: '/vmms/*' },
    action: { kind: 'status', status: 400, message: 'no room' },
  });
  const outcome = await rack.outcome(await vm.start(1, { vmm_registration: registrationOf(vm.id) }));
  expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringMatching(/registration.*no room/) });
  expect(await stateOf(group, vm.id)).toMatchObject({ state: 'left', sled_id: null });
  const asked = rack.sleds[1]!.state.requests.recent().map((request) => request.method);
  expect(asked.at(-1)).toBe('DELETE');
  rack.sleds[1]!.state.faults.clear();
  expect(await rack.settled([await vm.start(1)])).toEqual(['succeeded']);
  await until('joined', async () => (await stateOf(group, vm.id))?.state === 'joined');
});

test('a migration whose target sled refuses the group: the source stays Joined', async () => {
  const ip = freshIp();
  const group = await rack.group('target', ip);
  const vm = await runningVm(rack, [group], 0);
  const source = vm.place;
  rack.sleds[3]!.state.faults.add({ match: { method: 'PUT' }, action: { kind: 'status', status: 400 } });
  const outcome = await rack.outcome(await vm.migrate(3));
  vm.stays(source);
  expect(outcome.state).toBe('failed');
  rack.sleds[3]!.state.faults.clear();
  await settle(rack);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  expect(await stateOf(group, vm.id)).toMatchObject({ state: 'joined', sled_id: source.sled_id });
});
