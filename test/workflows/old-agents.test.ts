/** Sled agents of version 4: not told about groups, remembered as such, and told at once when they have been upgraded. */
import { sql } from 'drizzle-orm';
import { expectInvariants, settle } from '../support/invariants';
import { startRack, until, type TestRack } from '../support/rack';
import { registrationOf } from '../support/lives';
import { freshIp, newVm, runningVm } from '../support/vm';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ sledApi: 4 });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(() => expectInvariants(rack));

const versionOf = async (sled: number) => {
  const rows = await rack.db.execute<{ version: number | null }>(
    sql`select agent_api_version as version from sled where id = ${rack.sleds[sled]!.id}`,
  );
  return rows[0]!.version;
};
const joinedOn = (sled: number) =>
  rack.sleds[sled]!.state.vmms.view().flatMap((vmm) =>
    vmm.nics.flatMap((nic) => nic.joined.map((group) => `${vmm.propolis_id} ${group.group_ip}`)),
  );
const asked = (sled: number) => rack.sleds[sled]!.state.requests.recent();
const REMARK = expect.stringMatching(/version 4/);

test('joined when the switches are, and says so; the agent was asked for its version and for nothing else', async () => {
  const ip = freshIp();
  const group = await rack.group('old', ip);
  expect(await versionOf(0)).toBeNull();
  await runningVm(rack, [group], 0);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined', reason: REMARK }]);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  expect(new Set(asked(0).map(({ method, path }) => `${method} ${path.replace(/^.*\//, '')}`))).toEqual(
    new Set(['GET state']),
  );
  await until('the version is written down', async () => (await versionOf(0)) === 4);
});

test('a registration goes without the groups to version 4, with them to version 5', async () => {
  const ip = freshIp();
  const group = await rack.group('registered', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  expect(await rack.settled([await vm.start(0, { vmm_registration: registrationOf(vm.id) })])).toEqual(['succeeded']);
  const registered = (sled: number) =>
    rack.sleds[sled]!.state.vmms.view().find((each) => each.instance_id === vm.id)?.nics[0]?.prepared;
  expect(registered(0)).toEqual([]);
  rack.sleds[1]!.state.apiVersion = 5;
  expect(await rack.settled([await vm.migrate(1, { vmm_registration: registrationOf(vm.id) })])).toEqual(['succeeded']);
  expect(registered(1)).toEqual([{ group_ip: ip, sources: [] }]);
  expect(joinedOn(1)).toEqual([`${vm.place.propolis_id} ${ip}`]);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined', reason: null }]);
  await until('both versions are written down', async () => (await versionOf(0)) === 4 && (await versionOf(1)) === 5);
});

test('an upgrade is noticed without any event: members get a real join, once', async () => {
  const ips = [freshIp(), freshIp()];
  const groups = [await rack.group('first', ips[0]!), await rack.group('second', ips[1]!)];
  const [both, one, elsewhere] = [
    await runningVm(rack, groups, 2),
    await runningVm(rack, [groups[0]!], 2),
    await runningVm(rack, [groups[0]!], 3),
  ];
  rack.sleds[2]!.state.apiVersion = 5;
  const report = await rack.run<{ members_repaired: number; errors: string[] }>('reconcile');
  expect(report).toMatchObject({ members_repaired: 3, errors: [] });
  await settle(rack);
  expect(joinedOn(2).toSorted()).toEqual(
    [
      `${both.place.propolis_id} ${ips[0]}`,
      `${both.place.propolis_id} ${ips[1]}`,
      `${one.place.propolis_id} ${ips[0]}`,
    ].toSorted(),
  );
  const members = new Map((await rack.members(groups[0]!)).map((row) => [row.instance_id, row]));
  expect(members.get(both.id)).toMatchObject({ state: 'joined', reason: null });
  expect(members.get(elsewhere.id)).toMatchObject({ state: 'joined', reason: REMARK });
  expect(await versionOf(2)).toBe(5);
  const before = [rack.writes(), asked(2).length];
  expect(await rack.run('reconcile')).toMatchObject({ members_repaired: 0 });
  expect([rack.writes(), asked(2).length]).toEqual(before);
});

test('an old agent that does not answer holds up nothing, and is asked again by the next pass', async () => {
  const ip = freshIp();
  const group = await rack.group('silent', ip);
  const vm = await runningVm(rack, [group], 3);
  rack.sleds[3]!.state.apiVersion = 5;
  rack.sleds[3]!.state.pause('reset');
  expect(await rack.run('reconcile')).toMatchObject({ members_repaired: 0, errors: [] });
  expect(await rack.members(group)).toMatchObject([{ state: 'joined', reason: REMARK }]);
  rack.sleds[3]!.state.resume();
  await rack.run('reconcile');
  await settle(rack);
  expect(joinedOn(3)).toContain(`${vm.place.propolis_id} ${ip}`);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined', reason: null }]);
});
