/** "Programmed" is not the goal: a packet to a group reaches exactly its joined members, at every stage of their lives and during a move. */
import { expectInvariants, settle } from '../support/invariants';
import { delivers } from '../support/delivery';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm, type Vm } from '../support/vm';
import { readDaemons } from '../support/walk-rack';
import { walk } from '../../simulators/walk/walk';

let rack: TestRack;
let total = { packets: 0, triples: 0 };
beforeAll(async () => {
  rack = await startRack({ sleds: 5 });
  await rack.bringUp();
});
afterAll(async () => {
  process.stdout.write(
    `delivery: ${total.packets} packets walked, ${total.triples} (packet, group, instance) triples checked, none wrong\n`,
  );
  await rack.close();
});

async function expectDelivery() {
  await settle(rack);
  const { packets, triples, wrong } = await delivers(rack);
  expect(wrong).toEqual([]);
  total = { packets: total.packets + packets, triples: total.triples + triples };
}

describe('every kind of group, through the whole life of its members', () => {
  let groups: string[];
  let vms: Vm[];
  const member = (at: number): Vm => vms[at]!;

  test('while nobody is there, nobody is reached', async () => {
    groups = [
      await rack.group('any-source', freshIp()),
      await rack.group('filtered', freshIp(), { sources: ['10.0.0.1', '10.0.0.2'] }),
      await rack.group('source-specific', '232.1.2.3', { sources: ['10.0.0.1'] }),
      await rack.group('in-a-vlan', freshIp(), { mvlan: 7, uplinks: ['switch0.qsfp0', 'switch1.qsfp1'] }),
      await rack.group('wide', 'ff0e::1:2'),
      await rack.group('wide-source-specific', 'ff3e::1:2', { sources: ['2001:db8::1', '2001:db8::2'] }),
    ];
    await rack.group('empty', freshIp());
    await expectDelivery();
    expect(await rack.members(groups[0]!)).toEqual([]);
  });

  test('joined: two on one sled, one on an old one, one in some groups only', async () => {
    rack.sleds[4]!.state.apiVersion = 4;
    vms = await Promise.all([
      runningVm(rack, groups, 0),
      runningVm(rack, groups, 0),
      runningVm(rack, groups.slice(0, 3), 1),
      runningVm(rack, groups, 4),
    ]);
    await expectDelivery();
    expect((await rack.members(groups[0]!)).map(({ state }) => state)).toEqual(vms.map(() => 'joined'));
  });

  test('moved, stopped, regrouped', async () => {
    const events = [
      await member(0).migrate(2),
      await member(1).stop(),
      await member(2).reconfigure(groups.slice(2)),
      await member(3).migrate(3),
    ];
    expect(await rack.settled(events)).toEqual(events.map(() => 'succeeded'));
    await expectDelivery();
  });

  test('started again, lost, deleted, a group less, an agent upgraded', async () => {
    expect(await rack.settled([await member(1).start(4), await member(2).fail()])).toEqual(['succeeded', 'succeeded']);
    await expectDelivery();
    expect(await rack.settled([await member(0).delete(), await member(3).reboot()])).toEqual([
      'succeeded',
      'succeeded',
    ]);
    await rack.deleteGroup(groups[0]!);
    await expectDelivery();
    rack.sleds[4]!.state.apiVersion = 5;
    await rack.run('reconcile');
    await expectDelivery();
    await expectInvariants(rack);
  });
});

test('what is wrong is found: a guest that accepts what it should not, a port too many', async () => {
  const ip = freshIp();
  const group = await rack.group('tampered', ip);
  const vm = await runningVm(rack, [group], 0);
  await settle(rack);
  const stranger = newVm(rack);
  await rack.settled([await stranger.create([]), await stranger.start(0)]);
  rack.sleds[0]!.state.vmms.join(stranger.place.propolis_id, { group_ip: ip, sources: [] });
  rack.sleds[0]!.state.vmms.leave(vm.place.propolis_id, { group_ip: ip, sources: [] });
  const { wrong } = await delivers(rack);
  expect(
    wrong.filter((fault) => fault.includes(`${stranger.place.propolis_id}, not ${vm.place.propolis_id}`)),
  ).not.toEqual([]);
  rack.sleds[0]!.state.vmms.leave(stranger.place.propolis_id, { group_ip: ip, sources: [] });
  rack.sleds[0]!.state.vmms.join(vm.place.propolis_id, { group_ip: ip, sources: [] });
  await expectDelivery();
});

/** After every write that any daemon has had, so in every state there is: through each switch, is the instance reached where it is, or where it goes? */
async function watched(ips: string[], vmms: string[], during: () => Promise<unknown>) {
  const seen = { looks: 0, gaps: [] as string[], reached: new Set<string>() };
  const look = () => {
    const { switches, sleds } = readDaemons(rack);
    for (const ip of ips) {
      for (const at of switches) {
        const packet = { source: '192.0.2.1', destination: ip, ingress: { switch: at.id, port: 'qsfp0' } };
        const hit = walk(packet, switches, sleds).receivers.filter((vmm) => vmms.includes(vmm));
        for (const vmm of hit) seen.reached.add(vmm);
        if (hit.length === 0) seen.gaps.push(`${ip} at look ${seen.looks}: nobody through ${at.id}`);
        seen.looks += 1;
      }
    }
  };
  const logs = [...rack.switches, ...rack.sleds].map(({ state }) => state.requests);
  const spies = logs.map((log) => {
    const note = log.note.bind(log);
    return jest.spyOn(log, 'note').mockImplementation((request) => {
      note(request);
      if (request.method !== 'GET') look();
    });
  });
  look();
  await during();
  for (const spy of spies) spy.mockRestore();
  return seen;
}

test('during a migration an instance is never on neither sled, in any of its groups', async () => {
  const ips = [freshIp(), freshIp()];
  const groups = [await rack.group('moving-1', ips[0]!), await rack.group('moving-2', ips[1]!)];
  const vm = await runningVm(rack, groups, 0);
  // Somebody beside it, whose port it shares for a while.
  const other = await runningVm(rack, groups, 1);
  let looks = 0;
  for (const sled of [1, 2, 3, 0]) {
    const source = vm.place.propolis_id;
    const migrated = vm.migrate(sled);
    const target = vm.place.propolis_id;
    const seen = await watched(ips, [source, target], async () => {
      expect((await rack.outcome(await migrated)).state).toBe('succeeded');
      if (sled === 2) await rack.settled([await other.stop()]);
    });
    expect(seen.gaps).toEqual([]);
    expect([...seen.reached].toSorted()).toEqual([source, target].toSorted());
    looks += seen.looks;
  }
  await expectDelivery();
  process.stdout.write(`delivery: ${looks} looks during four migrations, none without a sled\n`);
});

test('a migration that fails at its target leaves the source reached all the time', async () => {
  const ip = freshIp();
  const group = await rack.group('failing', ip);
  const vm: Vm = await runningVm(rack, [group], 0);
  const source = vm.place;
  rack.sleds[2]!.state.faults.add({ match: { method: 'PUT' }, action: { kind: 'status', status: 400 } });
  const { gaps, looks } = await watched([ip], [source.propolis_id], async () => {
    expect((await rack.outcome(await vm.migrate(2))).state).toBe('failed');
  });
  vm.stays(source);
  rack.sleds[2]!.state.faults.clear();
  await until('the source alone', () => JSON.stringify(rack.both(ip)) === '[["rear1"],["rear1"]]');
  expect([gaps, looks > 4]).toEqual([[], true]);
  await expectDelivery();
});
