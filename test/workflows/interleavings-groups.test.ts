/** What happens to a group while a round of it is under way: deletion, a new VLAN, a sled that moves; and two groups on one mapping. */
import { eq, sql } from 'drizzle-orm';
import { joinGroup } from '../../db/members';
import { updatePool } from '../../db/pools';
import { requestGroups } from '../../db/requests';
import { multicastGroup } from '../../db/schema';
import { putSled } from '../../db/sleds';
import { acceptUpdate } from '../../db/group-updates';
import { underlayAddress } from '../../domain/underlay';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { startRack, until, type TestRack } from '../support/rack';
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

const isDeletion = ({ method }: { method: string }) => method === 'DELETE';
const isGone = (group: string) => until('the group is gone', async () => !(await rack.groupExists(group)));

test.each([
  ['programSwitch', 'before'],
  ['programSwitch', 'after'],
  ['commitRound', 'before'],
] as const)(
  'a group that is deleted while its round is at %s (%s) is really gone, from switches and sleds',
  async (activity, at) => {
    const ip = freshIp();
    const group = await rack.group(`deleted-${activity.toLowerCase()}-${at}`, ip);
    const vm = newVm(rack);
    await rack.settled([await vm.create([group])]);
    await settle(rack);
    const held = injector.hold({ activity, about: [group] }, at);
    const start = await vm.start(0);
    await held.reached;
    await rack.deleteGroup(group);
    held.release();
    expect((await rack.outcome(start)).state).toBe('succeeded');
    await isGone(group);
    expect(rack.both(ip)).toEqual([null, null]);
    expect(JSON.stringify(rack.sleds.map((each) => each.state.vmms.view()))).not.toContain(ip);
  },
);

test('a group that is deleted while it is Creating is gone as soon as its first round is over', async () => {
  const ip = freshIp();
  const first = injector.hold({ activity: 'programSwitch' }, 'after');
  const group = await rack.group('creating', ip);
  await first.reached;
  const [row] = await rack.db.select().from(multicastGroup).where(eq(multicastGroup.id, group));
  expect(row?.state).toBe('creating');
  await rack.deleteGroup(group);
  const joining = newVm(rack, { start: false });
  await joining.create([]);
  await expect(rack.db.transaction((tx) => joinGroup(tx, { instanceId: joining.id, groupId: group }))).rejects.toThrow(
    /is being deleted and cannot be joined/,
  );
  first.release();
  await isGone(group);
  expect(rack.both(ip)).toEqual([null, null]);
});

test('a pool’s VLAN that changes during a round reaches both switches', async () => {
  const ip = freshIp();
  const group = await rack.group('vlan', ip, { mvlan: 100 });
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  const held = injector.hold({ activity: 'programSwitch', about: [group] });
  const start = await vm.start(0);
  await held.reached;
  await rack.db.transaction(async (tx) => {
    const [row] = await tx.select().from(multicastGroup).where(eq(multicastGroup.id, group));
    await updatePool(tx, row!.ipPoolId, { mvlan: 200 });
    await requestGroups(tx, [group]);
  });
  held.release();
  expect((await rack.outcome(start)).state).toBe('succeeded');
  await settle(rack);
  for (const at of [0, 1]) expect(rack.object(at, ip)?.external_forwarding).toEqual({ vlan_id: 200 });
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a sled that moves to another port during a round: its members are behind the new port, and nothing is behind the old', async () => {
  const ip = freshIp();
  const group = await rack.group('moves', ip);
  await runningVm(rack, [group], 0);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  const held = injector.hold({ activity: 'programSwitch', about: [group] }, 'after');
  const start = await vm.start(3);
  await held.reached;
  const moving = rack.sleds[3]!;
  const { requests } = await putSled(rack.db, {
    id: moving.id,
    rearPort: 7, // with a link
    agentAddress: moving.url,
    agentApiVersion: null,
  });
  moving.port = 'rear7';
  expect(requests.map((request) => request.groupId)).toEqual([group]);
  held.release();
  expect(['succeeded', 'failed']).toContain((await rack.outcome(start)).state);
  await settle(rack);
  expect(rack.both(ip)).toEqual([
    ['rear1', 'rear7'],
    ['rear1', 'rear7'],
  ]);
  expect((await rack.members(group)).map((row) => row.state)).toEqual(['joined', 'joined']);
});

test('two external addresses that map to one underlay address do not disturb each other', async () => {
  const ips = ['ff0e::7:1', 'ff0e::1:0:0:7:0'] as const;
  expect(new Set(ips.map((ip) => underlayAddress(ip, 0))).size).toBe(1);
  const first = await rack.group('maps-1', ips[0]);
  const second = await rack.group('maps-2', ips[1], { salt: 1 });
  const vm = await runningVm(rack, [first], 0);
  await runningVm(rack, [second], 1);
  expect(ips.map((ip) => rack.both(ip))).toEqual([
    [['rear1'], ['rear1']],
    [['rear2'], ['rear2']],
  ]);
  expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
  await rack.deleteGroup(first);
  await isGone(first);
  expect(ips.map((ip) => rack.both(ip))).toEqual([
    [null, null],
    [['rear2'], ['rear2']],
  ]);
});

test('new sources that one switch refuses, while a member starts: old sources everywhere, and the member is Joined', async () => {
  const ip = '232.6.6.6';
  const group = await rack.group('sources', ip, { sources: ['10.0.0.1'] });
  await runningVm(rack, [group], 0);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  await settle(rack);
  rack.switches[1]!.state.faults.add({
    match: { method: 'PUT', path: '/multicast/external-groups' },
    action: { kind: 'status', status: 400, message: 'no room for that source' },
  });
  const held = injector.hold({ activity: 'beginRound', about: [group] });
  const deletions = () => rack.switches.map(({ state }) => state.requests.recent().filter(isDeletion).length);
  const before = deletions();
  const start = await vm.start(1);
  await held.reached;
  await until('its rows have changed', async () => (await rack.members(group)).every((row) => row.sled_id !== null));
  const { updateId } = await rack.db.transaction((tx) =>
    acceptUpdate(tx, { groupId: group, name: null, description: null, sources: ['10.0.0.9'] }),
  );
  const update = rack.temporal.updateGroup({ updateId, group: { id: group, ip, name: '' } });
  held.release();
  expect(await update).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(/no room for that source/) });
  expect((await rack.outcome(start)).state).toBe('succeeded');
  for (const at of [0, 1]) expect(rack.object(at, ip)?.sources).toEqual([{ Exact: '10.0.0.1' }]);
  expect(rack.both(ip)).toEqual([
    ['rear1', 'rear2'],
    ['rear1', 'rear2'],
  ]);
  // Who was served before is served all the time: the group is not made anew for a refusal.
  expect(deletions()).toEqual(before);
});

test('an update that was decided when its run died is told by reconciliation', async () => {
  const ip = '232.6.6.7';
  const group = await rack.group('told', ip, { sources: ['10.0.0.1'] });
  await settle(rack);
  const silence = injector.add({ activity: 'tellWaiters', how: 'before', terminal: true, about: [group] });
  const { updateId } = await rack.db.transaction((tx) =>
    acceptUpdate(tx, { groupId: group, name: null, description: null, sources: ['10.0.0.2'] }),
  );
  const update = rack.temporal.updateGroup({ updateId, group: { id: group, ip, name: '' } });
  await until('nobody was told', () => silence.injected === 1);
  await rack.run('reconcile');
  const told = await rack.db.execute<{ told: boolean }>(
    sql`select told from multicast_group_update where id = ${updateId}`,
  );
  expect(told[0]?.told).toBe(true);
  expect(await update).toMatchObject({ outcome: 'served' });
});
