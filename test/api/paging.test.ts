/** Pages of groups, members and pools, while others insert and delete. */
import { sql } from 'drizzle-orm';
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
  await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.9.250' });
  for (const name of NAMES) await create(name);
});
afterAll(() => api.close());

/** Byte order, which no locale may change: a dash comes before digits, and those before letters. */
const NAMES = ['a', 'a-1', 'a-b', 'a1', 'ab', 'b', 'b-2', 'c'];
const create = async (name: string, project = 'project1') =>
  (await user('POST', `/v1/multicast-groups?project=${project}`, { body: { name, description: '' } })).body;

async function walk(who: Call, path: string, between: () => Promise<unknown> = async () => undefined) {
  const items: { id: string; name: string }[] = [];
  let pages = 0;
  for (let next: string | null = path; next !== null; pages++) {
    const { status, body } = await who('GET', next);
    expect(status).toBe(200);
    items.push(...body.items);
    const limit = /limit=\d+/.exec(path)?.[0];
    next = body.next_page === null ? null : `${path.split('?')[0]}?${limit}&page_token=${body.next_page}`;
    await between();
  }
  return { items, pages };
}

test.each([
  ['name_ascending', NAMES],
  ['name_descending', NAMES.toReversed()],
])('groups by %s', async (sort, names) => {
  const { items, pages } = await walk(user, `/v1/multicast-groups?limit=3&project=project1&sort_by=${sort}`);
  expect(items.map((item) => item.name)).toEqual(names);
  expect(pages).toBe(4);
});

test('groups by id, all once', async () => {
  const { items } = await walk(user, '/v1/multicast-groups?limit=2&project=project1&sort_by=id_ascending');
  const ids = items.map((item) => item.id);
  expect(ids).toEqual(ids.toSorted());
  expect(items.map((item) => item.name).sort()).toEqual(NAMES.toSorted());
});

test('what is there throughout is seen exactly once, whatever is inserted and removed meanwhile', async () => {
  let inserted = 0;
  const disturb = async () => {
    const { id } = await create(`aa${++inserted}`, 'project2');
    await create(`zz${inserted}`, 'project2');
    await api.db.execute(sql`delete from multicast_group where id = ${id}`);
  };
  for (const name of NAMES) await create(name, 'project2');
  const { items } = await walk(user, '/v1/multicast-groups?limit=3&project=project2', disturb);
  const seen = items.map((item) => item.name);
  expect(NAMES.filter((name) => seen.filter((other) => other === name).length !== 1)).toEqual([]);
  expect(seen).toEqual(seen.toSorted());
});

test('members by id', async () => {
  const group = await create('with-members');
  for (let i = 0; i < 5; i++) {
    const machine = await makeInstance(api.db, rack.project.id, `vm${i}`);
    await user('PUT', `/v1/instances/${machine.id}/multicast-groups/${group.id}`);
  }
  const { items, pages } = await walk(user, `/v1/multicast-groups/${group.id}/members?limit=2`);
  expect(items).toHaveLength(5);
  expect(pages).toBe(4);
  expect(items.map((item) => item.id)).toEqual(items.map((item) => item.id).toSorted());
});

test('pools by name', async () => {
  for (const name of ['x-pool', 'a-pool'])
    await operator('POST', '/v1/system/ip-pools', { body: { name, description: '' } });
  const { items } = await walk(operator, '/v1/system/ip-pools?limit=1');
  expect(items.map((item) => item.name)).toEqual(['a-pool', 'pool', 'x-pool']);
});

test('a list of nothing has no next page, and a limit beyond the ceiling is lowered', async () => {
  const far = await api.as(rack.otherSilo.id, [{ scope: 'silo', resourceId: rack.otherSilo.id, role: 'viewer' }]);
  expect((await far('GET', '/v1/multicast-groups?project=project1&limit=4294967295')).body).toEqual({
    items: [],
    next_page: null,
  });
});

test.each([
  ['limit=0'],
  ['limit=-1'],
  ['limit=x'],
  ['limit=4294967296'],
  ['limit=1.5'],
  ['sort_by=time'],
  ['page_token=nonsense'],
  ['page_token='],
  ['limit=1&limit=2'],
])('%s is refused', async (query) => {
  expect((await user('GET', `/v1/multicast-groups?project=project1&${query}`)).status).toBe(400);
});

test('a token belongs to its list, its project and its order, and is refused when altered', async () => {
  const { body } = await user('GET', '/v1/multicast-groups?project=project1&limit=1');
  const token: string = body.next_page;
  const get = async (query: string) => (await user('GET', `/v1/multicast-groups?${query}`)).status;
  expect(await get(`page_token=${token}`)).toBe(200);
  expect(await get(`page_token=${token}&project=project1&limit=5`)).toBe(200);
  expect(await get(`page_token=${token}&project=project2`)).toBe(400);
  expect(await get(`page_token=${token}&sort_by=id_ascending`)).toBe(400);
  expect(await get(`page_token=${token.slice(0, -1)}`)).toBe(400);
  expect(await get(`page_token=A${token.slice(1)}`)).toBe(400);
  expect((await operator('GET', `/v1/system/ip-pools?page_token=${token}`)).status).toBe(400);
  expect(await get('limit=1')).toBe(400);
  // It grants nothing: who may not list the project may not with its token either.
  const stranger = await api.as(rack.otherSilo.id, [{ scope: 'silo', resourceId: rack.otherSilo.id, role: 'admin' }]);
  const { body: foreign } = await stranger('GET', `/v1/multicast-groups?page_token=${token}`);
  expect(foreign.items ?? []).toEqual([]);
});
