/**
 * Groups that leave the rack, in all their forms: a pool's uplinks as members of direction External on their own switch, its VLAN in
 * the external group, addresses of both families, sources. Changes of the pool reach the groups that live already.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { acceptUpdate } from '../../db/group-updates';
import { ipPool } from '../../db/schema';
import { requestGroups } from '../../db/requests';
import { underlayAddress } from '../../domain/underlay';
import type { ExternalObject, UnderlayObject } from '../../domain/switch-config';
import { walk, type PacketInput } from '../../simulators/walk/walk';
import { expectInvariants, settle } from '../support/invariants';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { readDaemons } from '../support/walk-rack';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ visibleSteps: true });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(() => expectInvariants(rack));

/** Both objects of a group on one switch, as the daemon tells them. */
async function held(at: number, ip: string) {
  const all = await rack.holdings(rack.switches[at]!.id);
  const external = all.get(ip) as ExternalObject | undefined;
  const underlay = all.get(external?.nat?.underlayIp ?? '') as UnderlayObject | undefined;
  return { external, members: underlay?.members.map(({ port, direction }) => `${port} ${direction}`).toSorted() };
}

/** The paths of one packet, by switch. */
function sent(packet: PacketInput) {
  const { switches, sleds } = readDaemons(rack);
  return walk(packet, switches, sleds).paths.map(({ receivers, uplinks, dropped, copies }) => ({
    receivers,
    uplinks,
    dropped,
    form: copies.find((copy) => copy.member === 'External')?.form,
    vlan: copies.find((copy) => copy.member === 'External')?.vlan,
  }));
}

test('uplinks are External members of their own switch alone, beside the members of the rack', async () => {
  const ip = freshIp();
  const group = await rack.group('out', ip, { uplinks: ['switch0.qsfp0', 'switch1.qsfp1'], mvlan: 7 });
  await settle(rack);
  expect((await held(0, ip)).members).toEqual(['qsfp0 External']);
  const vm = await runningVm(rack, [group], 0);
  expect((await held(0, ip)).members).toEqual(['qsfp0 External', 'rear1 Underlay']);
  expect((await held(1, ip)).members).toEqual(['qsfp1 External', 'rear1 Underlay']);
  expect((await held(0, ip)).external).toMatchObject({ vlan: 7, nat: { underlayIp: underlayAddress(ip, 0), vni: 77 } });
  const other = await runningVm(rack, [group], 1);
  // From a guest: to the other guest, and out of whichever switch it takes, unwrapped and in the group's VLAN.
  expect(sent({ source: '10.0.0.1', destination: ip, ingress: { vmm: vm.place.propolis_id } })).toEqual(
    ['qsfp0/0', 'qsfp1/0'].map((port) => ({
      receivers: [other.place.propolis_id],
      uplinks: [port],
      dropped: null,
      form: 'decapsulated',
      vlan: 7,
    })),
  );
  // For the rack alone, it does not leave.
  const inside = { vmm: vm.place.propolis_id, replication: 1 as const };
  expect(sent({ source: '10.0.0.1', destination: ip, ingress: inside }).map(({ uplinks }) => uplinks)).toEqual([
    [],
    [],
  ]);
  // From outside it is admitted in its VLAN only.
  const from = { source: '10.0.0.1', destination: ip, ingress: { switch: rack.switches[0]!.id, port: 'qsfp1' } };
  expect(sent({ ...from, vlan: 7 })[0]!.receivers.toSorted()).toEqual(
    [vm.place.propolis_id, other.place.propolis_id].toSorted(),
  );
  expect([sent(from)[0], sent({ ...from, vlan: 8 })[0]].map((path) => path?.dropped)).toEqual([
    'nat_ingress_miss',
    'nat_ingress_miss',
  ]);
  expect(await rack.settled([await vm.stop(), await other.stop()])).toEqual(['succeeded', 'succeeded']);
  expect([(await held(0, ip)).members, (await held(1, ip)).members]).toEqual([['qsfp0 External'], ['qsfp1 External']]);
});

test('a pool whose uplinks and VLAN change takes its groups along, and puts back what was there', async () => {
  const ip = freshIp();
  const group = await rack.group('changing', ip);
  await runningVm(rack, [group], 2);
  const change = async (to: { switchPortUplinks: string[]; mvlan: number | null }) => {
    const [request] = await rack.db.transaction(async (tx) => {
      await tx
        .update(ipPool)
        .set(to)
        .where(sql`id = (select ip_pool_id from multicast_group where id = ${group})`);
      return requestGroups(tx, [group]);
    });
    await rack.temporal.wakeGroup({ id: group, ip, name: 'changing' });
    await until('served', async () => {
      const rows = await rack.db.execute<{ served: number }>(
        sql`select served from multicast_group where id = ${group}`,
      );
      return rows[0]!.served >= request!.request;
    });
  };
  await change({ switchPortUplinks: ['switch1.qsfp0'], mvlan: 100 });
  expect([(await held(0, ip)).members, (await held(1, ip)).members]).toEqual([
    ['rear3 Underlay'],
    ['qsfp0 External', 'rear3 Underlay'],
  ]);
  expect([(await held(0, ip)).external?.vlan, (await held(1, ip)).external?.vlan]).toEqual([100, 100]);
  await expectInvariants(rack);
  await change({ switchPortUplinks: [], mvlan: null });
  expect([(await held(0, ip)).members, (await held(1, ip)).members]).toEqual([['rear3 Underlay'], ['rear3 Underlay']]);
  expect([(await held(0, ip)).external?.vlan, (await held(1, ip)).external?.vlan]).toEqual([null, null]);
});

test('a failed start takes no uplink with it when the switches go back', async () => {
  const ip = freshIp();
  const group = await rack.group('restored', ip, { uplinks: ['switch0.qsfp0'] });
  await runningVm(rack, [group], 0);
  const before = await held(0, ip);
  const late = newVm(rack);
  await rack.settled([await late.create([group])]);
  rack.switches[1]!.state.faults.add({
    match: { method: 'PUT', path: '/multicast/underlay-groups' },
    action: { kind: 'status', status: 400, message: 'no more members' },
  });
  expect((await rack.outcome(await late.start(1))).state).toBe('failed');
  rack.switches[1]!.state.faults.clear();
  expect((await held(0, ip)).members).toEqual(before.members);
  await rack.settled([await late.stop()]);
});

describe('IPv6', () => {
  test('a whole life of a group and its member', async () => {
    const ip = 'ff0e::a:1';
    const group = await rack.group('six', ip, { vni: 4242, mvlan: 12 });
    const vm = await runningVm(rack, [group], 0);
    expect(await held(1, ip)).toMatchObject({
      external: { vlan: 12, nat: { underlayIp: underlayAddress(ip, 0), vni: 4242 }, sources: [] },
      members: ['rear1 Underlay'],
    });
    const front = { switch: rack.switches[1]!.id, port: 'qsfp0' };
    expect(sent({ source: '2001:db8::1', destination: ip, vlan: 12, ingress: front })).toMatchObject([
      { receivers: [vm.place.propolis_id], dropped: null },
    ]);
    expect(await rack.settled([await vm.migrate(3)])).toEqual(['succeeded']);
    await expectInvariants(rack);
    expect(await rack.settled([await vm.delete()])).toEqual(['succeeded']);
    await rack.deleteGroup(group);
    await settle(rack);
    expect(rack.both(ip)).toEqual([null, null]);
  });

  test('is told to the sled as it is compared there, however it is written', async () => {
    const ip = 'ff3e::b:0:0:1';
    const group = await rack.group('spelled', ip, { sources: ['2001:db8:0:0:0:0:0:2', '2001:DB8::1'] });
    const vm = await runningVm(rack, [group], 1);
    const joined = () =>
      rack.sleds[1]!.state.vmms.view()
        .find(({ propolis_id: id }) => id === vm.place.propolis_id)
        ?.nics.flatMap((nic) => nic.joined);
    expect(joined()).toEqual([{ group_ip: 'ff3e::b:0:0:1', sources: ['2001:db8::1', '2001:db8::2'] }]);
    expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
    expect(joined() ?? []).toEqual([]);
  });
});

test.each([
  ['232.7.7.7', ['10.0.0.1', '10.0.0.2'], ['10.0.0.2', '10.0.0.3'], '10.0.0.9'],
  ['ff3e::c:1', ['2001:db8::1', '2001:db8::2'], ['2001:db8::2', '2001:db8::3'], '2001:db8::9'],
])(
  '%s: sources reach switches and sleds, change together, and others are filtered',
  async (ip, first, second, other) => {
    const group = await rack.group(`ssm-${randomUUID().slice(0, 8)}`, ip, { sources: first });
    const vm = await runningVm(rack, [group], 0);
    const guest = await runningVm(rack, [group], 1);
    const receivesFrom = (source: string) => [
      ...sent({ source, destination: ip, ingress: { switch: rack.switches[0]!.id, port: 'qsfp0' } }),
      ...sent({ source, destination: ip, ingress: { vmm: guest.place.propolis_id } }),
    ];
    const got = (source: string) =>
      receivesFrom(source).map(({ receivers }) => receivers.includes(vm.place.propolis_id));
    expect([...first, other].map(got)).toEqual([
      [true, true, true],
      [true, true, true],
      [false, false, false],
    ]);
    expect(new Set(receivesFrom(other).map(({ dropped }) => dropped))).toEqual(new Set(['multicast_src_filtered']));
    const { updateId } = await rack.db.transaction((tx) =>
      acceptUpdate(tx, { groupId: group, name: null, description: null, sources: second }),
    );
    const updated = await rack.temporal.updateGroup({ updateId, group: { id: group, ip, name: '' } });
    expect(updated).toMatchObject({ outcome: 'served' });
    expect((await held(0, ip)).external?.sources).toEqual(second);
    expect([first[0]!, ...second, other].map(got)).toEqual([
      [false, false, false],
      [true, true, true],
      [true, true, true],
      [false, false, false],
    ]);
  },
);
