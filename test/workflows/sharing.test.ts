/** Several instances, one network: what one of them does leaves the others alone, and what many do together costs little. */
import { randomUUID } from 'node:crypto';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { addProject } from '../support/rack';
import { expectInvariants } from '../support/invariants';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(() => expectInvariants(rack));

test('two instances of one group on one sled, one stopping: the port stays', async () => {
  const ip = freshIp();
  const group = await rack.group('shared', ip);
  const first = await runningVm(rack, [group], 0);
  const second = await runningVm(rack, [group], 0);
  expect(await rack.settled([await first.stop()])).toEqual(['succeeded']);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  const states = new Map((await rack.members(group)).map((member) => [member.instance_id, member.state]));
  expect([states.get(first.id), states.get(second.id)]).toEqual(['left', 'joined']);
  expect(await rack.settled([await second.stop()])).toEqual(['succeeded']);
  expect(rack.both(ip)).toEqual([[], []]);
});

test('a hundred instances joining one group at once cost few writes per switch', async () => {
  const ip = freshIp();
  const group = await rack.group('hundred', ip);
  const created = Array.from({ length: 100 }, () => newVm(rack, { start: false }));
  const refs = await Promise.all(created.map((vm) => vm.create([group])));
  await rack.startTogether('create', refs);
  await rack.settled(refs);
  const before = rack.writes();
  const started = await Promise.all(created.map((vm, at) => vm.start(at % 4)));
  await Promise.all(started.map((ref) => rack.temporal.startLifecycle('start', [ref])));
  expect(new Set(await rack.settled(started, 100_000))).toEqual(new Set(['succeeded']));
  expect(rack.both(ip)).toEqual(Array.from({ length: 2 }, () => ['rear1', 'rear2', 'rear3', 'rear4']));
  expect(new Set((await rack.members(group)).map((member) => member.state))).toEqual(new Set(['joined']));
  const writes = rack.writes().map((count, at) => count - before[at]!);
  process.stdout.write(`100 joins: ${writes.join(' and ')} writes to the switches\n`);
  expect(Math.max(...writes)).toBeLessThanOrEqual(20);
}, 120_000);

test('groups of the same name in two projects are independent', async () => {
  const ips = [freshIp(), freshIp()] as const;
  const other = await addProject(rack.db);
  const mine = await rack.group('news', ips[0]);
  const theirs = await rack.group('news', ips[1], { projectId: other });
  const vm = await runningVm(rack, ['news'], 1);
  expect(rack.both(ips[0])).toEqual([['rear2'], ['rear2']]);
  await until('the other group is there', () => rack.ports(0, ips[1]) !== null);
  expect(rack.both(ips[1])).toEqual([[], []]);
  expect([await rack.members(mine), await rack.members(theirs)]).toMatchObject([[{ instance_id: vm.id }], []]);
});

test('network id, VLAN and sources of the group reach both switches', async () => {
  const ip = '232.7.7.7';
  const sources = ['10.0.0.9', '10.0.0.10'];
  const group = await rack.group('ssm', ip, { vni: 4096, mvlan: 123, sources });
  await runningVm(rack, [group], 2);
  for (const facing of rack.switches) {
    const external = (await rack.holdings(facing.id)).get(ip);
    expect(external).toMatchObject({ nat: { vni: 4096 }, vlan: 123, sources: sources.toSorted() });
  }
  const flow = rack.sleds[2]!.state.vmms.view().flatMap((vmm) => vmm.nics.flatMap((nic) => nic.joined));
  expect(flow.filter((each) => each.group_ip === ip).map((each) => each.sources.toSorted())).toEqual([
    sources.toSorted(),
  ]);
});

test('a group of IPv6 works as one of IPv4 does', async () => {
  const ip = 'ff0e::7:1';
  const group = await rack.group('six', ip);
  const vm = await runningVm(rack, [group], 3);
  expect(rack.both(ip)).toEqual([['rear4'], ['rear4']]);
  expect(await rack.settled([await vm.migrate(0)])).toEqual(['succeeded']);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('an instance in no group starts, migrates and ends without a write', async () => {
  const before = rack.writes();
  const vm = newVm(rack);
  const refs = [await vm.create([]), await vm.start(0)];
  expect(await rack.settled(refs)).toEqual(['succeeded', 'succeeded']);
  expect(await rack.settled([await vm.migrate(1)])).toEqual(['succeeded']);
  expect(await rack.settled([await vm.delete()])).toEqual(['succeeded']);
  expect(rack.writes()).toEqual(before);
});

test('a group that is deleted takes its joined members with it, on switches and sleds', async () => {
  const ip = freshIp();
  const group = await rack.group('ending', ip);
  await runningVm(rack, [group], 0);
  await runningVm(rack, [group], 1);
  await rack.deleteGroup(group);
  await until('the group is gone', async () => !(await rack.groupExists(group)));
  expect(rack.both(ip)).toEqual([null, null]);
  expect(rack.sleds.flatMap((each) => JSON.stringify(each.state.vmms.view())).join('')).not.toContain(ip);
});

test('start, stop and delete within milliseconds: all take effect, in order', async () => {
  const ip = freshIp();
  const group = await rack.group('quick', ip);
  const vm = newVm(rack);
  const refs = [await vm.create([group]), await vm.start(0), await vm.stop(), await vm.start(1), await vm.delete()];
  const states = await rack.settled(refs);
  expect(states[0]).toBe('succeeded');
  expect(states.at(-1)).toBe('succeeded');
  for (const state of states) expect(['succeeded', 'superseded']).toContain(state);
  expect(rack.both(ip)).toEqual([[], []]);
  expect(await rack.members(group)).toEqual([]);
});

test('names that are taken again later belong to new instances', async () => {
  const group = await rack.group('again', freshIp());
  const name = `again-${randomUUID().slice(0, 8)}`;
  const first = newVm(rack);
  await rack.settled([await first.create([group], name)]);
  await rack.settled([await first.delete()]);
  const second = newVm(rack);
  expect(await rack.settled([await second.create([group], name)])).toEqual(['succeeded']);
  expect(await rack.members(group)).toMatchObject([{ instance_id: second.id }]);
});
