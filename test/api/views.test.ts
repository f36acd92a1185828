/** Answers that Postgres makes say what the document says, byte for byte as it would be written here. */
import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import { MulticastGroup, MulticastGroupMemberResultsPage, MulticastGroupResultsPage } from '../../api/schemas/groups';
import { IpPoolResultsPage, SiloIpPoolResultsPage } from '../../api/schemas/pools';
import type { Call } from '../support/http';
import {
  makeInstance,
  makePool,
  makeRack,
  startExternalApi,
  type ExternalApi,
  type Rack,
} from '../support/external-api';

let api: ExternalApi;
let rack: Rack;
let user: Call;
let operator: Call;

beforeAll(async () => {
  api = await startExternalApi();
  rack = await makeRack(api.db);
  operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'collaborator' }]);
  await makePool(operator, 'silo1', 'asm', { first: '224.1.0.1', last: '224.1.0.250' });
  await makePool(operator, 'silo1', 'ssm6', { first: 'ff3e::1', last: 'ff3e::ffff', version: 'v6', isDefault: false });
  await operator('POST', '/v1/system/ip-pools', { body: { name: 'plain', description: HARD } });
  const uplinks = { switch_port_uplinks: ['switch0.qsfp0', 'switch1.qsfp1'], mvlan: 30 };
  const tagged = { name: 'tagged', description: '', pool_type: 'multicast', ...uplinks };
  await operator('POST', '/v1/system/ip-pools', { body: tagged });
});
afterAll(() => api.close());

/** All that JSON has to escape, and some that it need not. */
const HARD = 'quotes " and \\ back/slashes,\n\t\r\b\f \u0001 \u007f \u2028 é 漢 🦀 <b>';

/** The text is what the schema would make of the same values: fields, order, nulls, numbers, times. */
function expectExact(schema: z.ZodType, text: string): any {
  const dated = JSON.parse(text, (key, value) => (key.startsWith('time_') ? new Date(value) : value));
  expect(JSON.stringify(schema.parse(dated))).toBe(text);
  return JSON.parse(text);
}

const post = async (path: string, body: object) => {
  const answer = await user('POST', path, { body });
  expect(answer.status).toBe(201);
  return answer;
};

test('groups: in a list, by id, by name and as they were made', async () => {
  const path = '/v1/multicast-groups?project=project1';
  const made = [
    await post(path, { name: 'plain', description: '' }),
    await post(path, { name: 'hard', description: HARD, vpc: 'vpc1' }),
    await post(path, { name: 'ssm', description: 'x', pool: 'ssm6', source_ips: ['fd00::2', 'fd00::1:0:1'] }),
  ];
  for (const { text, body } of made) {
    for (const where of [`/v1/multicast-groups/${body.id}`, `/v1/multicast-groups/${body.name}?project=project1`]) {
      const viewed = await user('GET', where);
      expect(viewed.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(viewed.text).toBe(text);
      expectExact(MulticastGroup, viewed.text);
    }
  }
  const listed = await user('GET', path);
  expect(listed.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { items } = expectExact(MulticastGroupResultsPage, listed.text);
  expect(items).toEqual(made.map(({ body }) => body).sort((a, b) => (a.name < b.name ? -1 : 1)));
});

test.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02T03:04:05.6Z', '2026-01-02T03:04:05.600Z'],
  ['2026-01-02T03:04:05.123999Z', '2026-01-02T03:04:05.123Z'],
  ['2026-07-01T00:30:00+02:00', '2026-06-30T22:30:00.000Z'],
])('%s is written as %s', async (stored, shown) => {
  const { body } = await post('/v1/multicast-groups?project=project2', {
    name: `t${Date.parse(stored)}`,
    description: '',
  });
  await api.db.execute(sql`update multicast_group set time_created = ${stored}::timestamptz where id = ${body.id}`);
  expect((await user('GET', `/v1/multicast-groups/${body.id}`)).body.time_created).toBe(shown);
});

test.each(['creating', 'active', 'deleting'])('a group that is %s', async (state) => {
  const { body } = await post('/v1/multicast-groups?project=project2', { name: `s-${state}`, description: '' });
  await api.db.execute(sql`update multicast_group set state = ${state}::multicast_group_state where id = ${body.id}`);
  const shown = state[0]?.toUpperCase() + state.slice(1);
  expect((await user('GET', `/v1/multicast-groups/${body.id}`)).body.state).toBe(shown);
});

test('members, of a group and of an instance', async () => {
  const group = (await post('/v1/multicast-groups?project=project1', { name: 'members', description: '' })).body;
  const machine = await makeInstance(api.db, rack.project.id, 'vm');
  const { body } = await user('PUT', `/v1/instances/${machine.id}/multicast-groups/${group.id}`);
  const ofGroup = await user('GET', `/v1/multicast-groups/${group.id}/members`);
  expect(expectExact(MulticastGroupMemberResultsPage, ofGroup.text).items).toEqual([body]);
  const ofInstance = await user('GET', `/v1/instances/${machine.id}/multicast-groups`);
  expect(expectExact(MulticastGroupMemberResultsPage, ofInstance.text)).toEqual({ items: [body], next_page: null });
});

test('pools, with and without what only multicast pools have, and as silos see them', async () => {
  const listed = await operator('GET', '/v1/system/ip-pools');
  const { items } = expectExact(IpPoolResultsPage, listed.text);
  for (const pool of items) expect((await operator('GET', `/v1/system/ip-pools/${pool.id}`)).body).toEqual(pool);
  expect(items.map((pool: { name: string }) => pool.name)).toEqual(['asm', 'plain', 'ssm6', 'tagged']);
  expect(Object.keys(items[1])).not.toContain('mvlan');
  for (const path of ['/v1/ip-pools', '/v1/system/silos/silo1/ip-pools']) {
    const linked = await user('GET', path);
    expect(expectExact(SiloIpPoolResultsPage, linked.text).items).toHaveLength(2);
    for (const pool of linked.body.items) expect((await user('GET', `/v1/ip-pools/${pool.id}`)).body).toEqual(pool);
  }
});

test('a list is as the rows are, whatever in them changed and however often it was asked for before', async () => {
  const path = '/v1/multicast-groups?project=project2&limit=3';
  const names = async (list: string, who = user) =>
    (await who('GET', list)).body.items.map((item: { name: string; state: string }) => `${item.name} ${item.state}`);
  const create = (name: string) => post('/v1/multicast-groups?project=project2', { name, description: '' });
  await api.db.execute(sql`delete from multicast_group where project_id = ${rack.otherProject.id}`);
  for (const name of ['a', 'b', 'c', 'd']) await create(name);
  for (let asked = 0; asked < 3; asked++) expect(await names(path)).toEqual(['a Creating', 'b Creating', 'c Creating']);
  // As a round does, which leaves the time of modification as it is.
  await api.db.execute(sql`update multicast_group set state = 'active' where name = 'b'`);
  expect(await names(path)).toEqual(['a Creating', 'b Active', 'c Creating']);
  await api.db.execute(sql`update multicast_group set name = 'bb' where name = 'b'`);
  expect(await names(path)).toEqual(['a Creating', 'bb Active', 'c Creating']);
  await api.db.execute(sql`delete from multicast_group where name = 'a'`);
  expect(await names(path)).toEqual(['bb Active', 'c Creating', 'd Creating']);
  await create('a');
  expect(await names(path)).toEqual(['a Creating', 'bb Active', 'c Creating']);
  await api.db.transaction(async (tx) => {
    await tx.execute(sql`update multicast_group set state = 'deleting' where name = 'c'`);
    expect(await names(path)).toEqual(['a Creating', 'bb Active', 'c Creating']);
  });
  expect(await names(path)).toEqual(['a Creating', 'bb Active', 'c Deleting']);
  await api.db.execute(sql`delete from multicast_group where project_id = ${rack.otherProject.id}`);
  expect((await user('GET', path)).text).toBe('{"items":[],"next_page":null}');
});

test('a link that changes is seen in the list of its silo', async () => {
  const isDefault = async () =>
    (await user('GET', '/v1/ip-pools')).body.items.find((pool: { name: string }) => pool.name === 'asm').is_default;
  expect(await isDefault()).toBe(true);
  await operator('PUT', '/v1/system/ip-pools/asm/silos/silo1', { body: { is_default: false } });
  expect(await isDefault()).toBe(false);
  await operator('PUT', '/v1/system/ip-pools/asm/silos/silo1', { body: { is_default: true } });
  expect(await isDefault()).toBe(true);
});
