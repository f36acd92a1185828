/** What each trouble of a VMM and of its agent means for its member; whatever it is, the member says so and nobody else is held up. */
import { expectInvariants, settle } from '../support/invariants';
import { startRack, type TestRack } from '../support/rack';
import { registrationOf } from '../support/lives';
import { freshIp, newVm, runningVm, type Vm } from '../support/vm';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  for (const { state } of rack.sleds) {
    state.faults.clear();
    state.resume();
    state.vmms.autoRegister = true;
  }
  await expectInvariants(rack);
});

const JOIN = { method: 'PUT', path: '/vmms/*/multicast-group' };
const memberOf = async (group: string, vm: Vm) => (await rack.members(group)).find((row) => row.instance_id === vm.id);

/** A VM in a group of its own, beside one that runs elsewhere; neither the group nor the VM has been started on sled 1. */
async function scene(name: string) {
  const ip = freshIp();
  const group = await rack.group(name, ip);
  const other = await runningVm(rack, [group], 3);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  // A round that is under way would take back what a registration prepares for a VMM that it does not know yet.
  await settle(rack);
  return { ip, group, other, vm };
}

test('an unknown VMM: not joined, and the reason is the agent’s; joined once the VMM is there', async () => {
  const { ip, group, other, vm } = await scene('unknown');
  rack.sleds[1]!.state.vmms.autoRegister = false;
  expect(await rack.outcome(await vm.start(1))).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/404.*NO_SUCH_INSTANCE/),
  });
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joining', reason: expect.stringMatching(/NO_SUCH/) });
  expect(await memberOf(group, other)).toMatchObject({ state: 'joined' });
  // It is wanted there, so its port stays.
  expect(rack.both(ip)[0]).toEqual(['rear2', 'rear4']);
  rack.sleds[1]!.state.vmms.autoRegister = true;
  await settle(rack);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined', reason: null });
});

test('an unknown VMM has left already: a stop succeeds', async () => {
  const { ip, group, vm } = await scene('forgotten');
  await rack.settled([await vm.start(1)]);
  rack.sleds[1]!.state.vmms.unregister(vm.place.propolis_id);
  expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'left' });
  expect(rack.both(ip)).toEqual([['rear4'], ['rear4']]);
});

test('a terminating VMM: refused to join without another try, done to leave', async () => {
  const { group, vm } = await scene('terminating');
  const second = await rack.group('second', freshIp());
  await rack.settled([await vm.start(1)]);
  rack.sleds[1]!.state.vmms.terminate(vm.place.propolis_id);
  const asked = () => rack.sleds[1]!.state.requests.recent().filter(({ method }) => method === 'PUT').length;
  const before = asked();
  expect(await rack.outcome(await vm.reconfigure([group, second]))).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/410.*being terminated/),
  });
  expect(asked() - before).toBe(1);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined' });
  expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
  expect(await memberOf(second, vm)).toMatchObject({ state: 'left' });
  // It ends, and its NIC with it.
  rack.sleds[1]!.state.vmms.unregister(vm.place.propolis_id);
});

test('an agent that is down: the member waits with the reason, and joins when it is back', async () => {
  const { group, other, vm } = await scene('down');
  rack.sleds[1]!.state.pause('reset');
  const outcome = await rack.outcome(await vm.start(1));
  expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringMatching(/sled/) });
  expect(await memberOf(group, vm)).toMatchObject({
    state: 'joining',
    reason: expect.stringMatching(/sled agent PUT/),
  });
  expect(await memberOf(group, other)).toMatchObject({ state: 'joined' });
  rack.sleds[1]!.state.resume();
  await settle(rack);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined', reason: null });
});

test('an agent that is slow within its deadline is only slow; one that misses it once is asked again', async () => {
  const { group, vm } = await scene('slow');
  rack.sleds[1]!.state.faults.add({ match: JOIN, action: { kind: 'drop', when: 'after' }, times: 1 });
  rack.sleds[1]!.state.faults.add({ match: JOIN, action: { kind: 'delay', ms: 300 } });
  expect(await rack.settled([await vm.start(1)])).toEqual(['succeeded']);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined', reason: null });
  const [running] = rack.sleds[1]!.state.vmms.view().filter((each) => each.propolis_id === vm.place.propolis_id);
  expect(running?.nics.flatMap((nic) => nic.joined)).toHaveLength(1);
});

test('an agent that is down when a VMM is to be registered: the start fails, and what it left is taken back', async () => {
  const { ip, group, vm } = await scene('unregistered');
  const { state } = rack.sleds[1]!;
  state.faults.add({ match: { method: 'PUT', path: '/vmms/*' }, action: { kind: 'drop', when: 'after' } });
  expect(await rack.outcome(await vm.start(1, { vmm_registration: registrationOf(vm.id) }))).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/registration/),
  });
  expect(state.vmms.view().filter((each) => each.instance_id === vm.id)).toEqual([]);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'left', sled_id: null });
  expect(rack.both(ip)).toEqual([['rear4'], ['rear4']]);
});

test('a registration is repeated without harm: its answer was lost', async () => {
  const { ip, group, vm } = await scene('repeated');
  const { state } = rack.sleds[1]!;
  state.faults.add({
    match: { method: 'PUT', path: '/vmms/*' },
    action: { kind: 'drop', when: 'after' },
    times: 1,
  });
  expect(await rack.settled([await vm.start(1, { vmm_registration: registrationOf(vm.id) })])).toEqual(['succeeded']);
  const registered = state.vmms.view().filter((each) => each.instance_id === vm.id);
  expect(registered).toMatchObject([{ nics: [{ joined: [{ group_ip: ip }], prepared: [{ group_ip: ip }] }] }]);
  expect(await memberOf(group, vm)).toMatchObject({ state: 'joined' });
});
