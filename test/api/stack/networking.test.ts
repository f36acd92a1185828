/** Pools, VPCs and what of them arrives on the switches. */
import { randomUUID } from 'node:crypto';
import { until } from '../../support/rack';
import { startRunning, type Group, type Running } from '../../support/running';

let stack: Running;
const vpc = { id: randomUUID(), name: 'blue', vni: 4321 };
beforeAll(async () => {
  stack = await startRunning();
  await stack.emitter.putVpc(vpc.id, { project_id: stack.project.id, name: vpc.name, vni: vpc.vni });
});
afterAll(() => stack.close());

const objects = ({ multicast_ip }: Group) => [0, 1].map((at) => stack.rack.object(at, multicast_ip));
const vnis = (group: Group) => objects(group).map((object) => object?.internal_forwarding?.nat_target?.vni);
const vlans = (group: Group) => objects(group).map((object) => object?.external_forwarding?.vlan_id);
const pools = '/v1/system/ip-pools';

/** A multicast pool with one range, linked to the silo. */
async function pool(name: string, [first, last]: [string, string], more: Record<string, unknown> = {}) {
  const body = { name, description: '', pool_type: 'multicast', ...more };
  const made = await stack.operator('POST', pools, { body });
  expect(made.status).toBe(201);
  expect((await stack.operator('POST', `${pools}/${name}/ranges/add`, { body: { first, last } })).status).toBe(201);
  const link = { silo: stack.silo.name, is_default: false };
  expect((await stack.operator('POST', `${pools}/${name}/silos`, { body: link })).status).toBe(201);
}

test("a VPC's VNI is on both switches, whether the VPC is named or given by id; without a VPC it is 77", async () => {
  const groups = [
    await stack.group('by-name', { vpc: vpc.name }),
    await stack.group('by-id', { vpc: vpc.id }),
    await stack.group('without'),
  ];
  expect(groups.map(({ vni }) => vni)).toEqual([4321, 4321, 77]);
  expect(groups.map(vnis)).toEqual([
    [4321, 4321],
    [4321, 4321],
    [77, 77],
  ]);
});

test('a VPC of another project is not found', async () => {
  const project = await stack.addProject('other');
  const foreign = randomUUID();
  await stack.emitter.putVpc(foreign, { project_id: project.id, name: 'red', vni: 5555 });
  for (const wanted of [foreign, 'red'])
    expect(await stack.create({ name: 'crossing', vpc: wanted })).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining(wanted) },
    });
});

test("a pool's VLAN is on both switches, and a new one follows to groups that are there", async () => {
  await pool('tagged', ['224.10.0.1', '224.10.0.9'], { mvlan: 100 });
  const group = await stack.group('tagged', { pool: 'tagged' });
  expect(vlans(group)).toEqual([100, 100]);
  expect((await stack.operator('PUT', `${pools}/tagged`, { body: { mvlan: 200 } })).status).toBe(200);
  await until('both switches have the new VLAN', () => vlans(group).every((vlan) => vlan === 200));
});

test('a pool whose addresses are used up, and one without ranges, are 507 and are named', async () => {
  await pool('tiny', ['224.11.0.1', '224.11.0.1']);
  await stack.group('only', { pool: 'tiny' });
  const full = await stack.create({ name: 'late', pool: 'tiny' });
  expect(full).toMatchObject({ status: 507, body: { message: expect.stringContaining('tiny') } });
  const utilization = await stack.operator('GET', `${pools}/tiny/utilization`);
  expect(utilization.body).toEqual({ capacity: 1, remaining: 0 });
});

test('range, link, VPC and project stay while a group needs them, and the answer names it', async () => {
  await pool('held', ['224.12.0.1', '224.12.0.9']);
  const project = await stack.addProject('kept');
  const kept = { id: randomUUID(), project_id: project.id, name: 'kept-vpc', vni: 6000 };
  await stack.emitter.putVpc(kept.id, { project_id: project.id, name: kept.name, vni: kept.vni });
  const group = await stack.group('guard', { pool: 'held', vpc: kept.name }, project.name);
  const body = { first: '224.12.0.1', last: '224.12.0.9' };
  const attempts = () => [
    stack.operator('POST', `${pools}/held/ranges/remove`, { body }),
    stack.operator('DELETE', `${pools}/held/silos/${stack.silo.name}`),
    stack.nexus('DELETE', `/vpcs/${kept.id}`),
    stack.nexus('DELETE', `/projects/${project.id}`),
  ];
  for (const answer of await Promise.all(attempts()))
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('"guard"') } });
  expect((await stack.operator('DELETE', `${pools}/held`)).status).toBe(400);
  expect(stack.rack.both(group.multicast_ip)).toEqual([[], []]);

  expect((await stack.user('DELETE', `/v1/multicast-groups/${group.id}`)).status).toBe(204);
  await stack.groupIsGone(group.id);
  const freed = [];
  for (const attempt of [0, 1, 2, 3]) freed.push((await attempts()[attempt]!).status);
  expect(freed.every((status) => status === 204 || status === 404)).toBe(true);
  expect((await stack.operator('DELETE', `${pools}/held`)).status).toBe(204);
});

test('a group of IPv6 is on both switches', async () => {
  await pool('six', ['ff0e::1:1', 'ff0e::1:9'], { ip_version: 'v6' });
  const group = await stack.group('six', { pool: 'six' });
  expect(group.multicast_ip).toBe('ff0e::1:1');
  await stack.runningVm(['six'], 1);
  expect(stack.rack.both(group.multicast_ip)).toEqual([['rear2'], ['rear2']]);
});

test('a sled moved to another port moves its members, in every group, on both switches', async () => {
  const groups = [await stack.group('moved-1'), await stack.group('moved-2')];
  await stack.runningVm(['moved-1', 'moved-2'], 3);
  const sled = stack.rack.sleds[3]!;
  await stack.emitter.putSled(sled.id, { port: 'rear9', agent_address: sled.url });
  for (const group of groups) await stack.portsBecome(group.multicast_ip, ['rear9']);
  expect(groups.map(({ multicast_ip }) => stack.rack.both(multicast_ip).flat())).toEqual([
    ['rear9', 'rear9'],
    ['rear9', 'rear9'],
  ]);
});
