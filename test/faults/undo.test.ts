/** Every undo: executed twice, and failing twice before and after its effect before it works. What it undoes is undone once. */
import { randomUUID } from 'node:crypto';
import { startRack, until, type TestRack } from '../support/rack';
import { Injector, type ActivityName, type Fault } from '../support/injector';
import { expectInvariants } from '../support/invariants';
import { registrationOf } from '../support/lives';
import { UNDONE } from '../support/other-steps';
import { refusePort } from '../support/refused-ports';
import { Tally } from '../support/tally';
import { freshIp, newVm, runningVm } from '../support/vm';

const injector = new Injector();
const tally = new Tally(['registration refused', 'group gone', 'target refused', 'round failed']);
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
});
afterAll(async () => {
  tally.print('undos');
  await rack.close();
});

const isUndo = (input: unknown) => (input as { undo?: boolean }).undo === true;
const hasFailures = (input: unknown) => Object.keys((input as { failed: object }).failed).length > 0;

/** The sled refuses a registration: the VMM is unregistered, and the event takes its place without an effect. */
async function registrationRefused(): Promise<void> {
  const group = await rack.group(`registration-${randomUUID()}`, freshIp());
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const { faults } = rack.sleds[0]!.state;
  faults.add({ match: { method: 'PUT', path: '/vmms/*' }, action: { kind: 'status', status: 400 }, times: 1 });
  const start = await vm.start(0, { vmm_registration: registrationOf(vm.id) });
  expect((await rack.outcome(start)).state).toBe('failed');
  faults.clear();
}

/** One of its groups is gone when a create takes effect: none of its memberships stays. */
async function groupGone(): Promise<void> {
  const stays = await rack.group(`stays-${randomUUID()}`, freshIp());
  const other = await runningVm(rack, [stays], 1);
  const gone = await rack.group(`gone-${randomUUID()}`, freshIp());
  const vm = newVm(rack, { start: false });
  const create = await vm.create([stays, gone]);
  await rack.deleteGroup(gone);
  await until('the group is gone', async () => !(await rack.groupExists(gone)));
  await rack.temporal.startLifecycle('create', [create]);
  expect((await rack.outcome(create)).state).toBe('failed');
  expect((await rack.members(stays)).map((member) => member.instance_id)).toEqual([other.id]);
}

/** A switch refuses the target's port: the source stays. */
async function targetRefused(): Promise<void> {
  const ip = freshIp();
  const group = await rack.group(`target-${randomUUID()}`, ip);
  const vm = await runningVm(rack, [group], 0);
  const source = vm.place;
  const accept = refusePort(rack.switches[1]!, 'rear3', ip);
  expect((await rack.outcome(await vm.migrate(2))).state).toBe('failed');
  accept();
  expect(await rack.members(group)).toMatchObject([{ sled_id: source.sled_id }]);
}

/** A switch fails for good in the middle of a round: the other one is put back. */
async function roundFailed(): Promise<void> {
  const group = await rack.group(`round-${randomUUID()}`, freshIp());
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const failed = injector.add({
    activity: 'programSwitch',
    how: 'after',
    terminal: true,
    about: [group],
    only: (input) => !isUndo(input) && JSON.stringify(input).includes('rear4'),
  });
  expect((await rack.outcome(await vm.start(3))).state).toBe('failed');
  expect(failed.injected).toBe(1);
}

const UNDOS: [string, () => Promise<void>, ActivityName, Fault['only']][] = [
  ['registration refused', registrationRefused, 'unregisterVmm', undefined],
  ['registration refused', registrationRefused, 'applyEvents', hasFailures],
  ['registration refused', registrationRefused, 'withdrawPlace', undefined],
  ['group gone', groupGone, 'withdrawMemberships', undefined],
  ['target refused', targetRefused, 'withdrawTarget', undefined],
  ['target refused', targetRefused, 'recordRefusal', undefined],
  ['target refused', targetRefused, 'planConfig', undefined],
  ['round failed', roundFailed, 'planRestore', undefined],
  ['round failed', roundFailed, 'programSwitch', isUndo],
];

describe.each(UNDOS)('%s', (name, scene, activity, only) => {
  test.each([
    ['twice', Infinity],
    ['before', 2],
    ['after', 2],
  ] as const)(`${activity}: %s`, async (how, times) => {
    injector.clear();
    const fault = injector.add({ activity, how, times, ...(only === undefined ? {} : { only }) });
    await scene();
    await expectInvariants(rack);
    tally.add(`${how} ${activity}`, name, fault.injected);
    expect(fault.injected).toBeGreaterThan(0);
  });
});

test('every undo is among them', () => {
  expect(UNDOS.map(([, , activity]) => activity)).toEqual(expect.arrayContaining([...UNDONE]));
});
