/** Allocation under concurrency: no two groups ever have one address, and none is left over. */
import { sql } from 'drizzle-orm';
import type { Call } from '../support/http';
import { makePool, makeRack, startExternalApi, type ExternalApi } from '../support/external-api';

let api: ExternalApi;
let user: Call;
let operator: Call;

beforeAll(async () => {
  api = await startExternalApi({ connections: 20 });
  const rack = await makeRack(api.db);
  operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'collaborator' }]);
});
afterAll(() => api.close());

let made = 0;
const create = (body: Record<string, unknown>) =>
  user('POST', '/v1/multicast-groups?project=project1', { body: { name: `g${++made}`, description: '', ...body } });

test.each([
  ['small4', 'v4', '224.5.0.1', '224.5.0.40'],
  ['small6', 'v6', 'ff0e:5::1', 'ff0e:5::28'],
] as const)(
  '100 parallel creates in pool %s of 40: 40 distinct addresses, the rest 507',
  async (pool, version, first, last) => {
    await makePool(operator, 'silo1', pool, { first, last, version, isDefault: false });
    const answers = await Promise.all(Array.from({ length: 100 }, () => create({ pool })));
    const created = answers.filter(({ status }) => status === 201).map(({ body }) => body.multicast_ip);
    expect(created).toHaveLength(40);
    expect(new Set(created).size).toBe(40);
    const rest = answers.filter(({ status }) => status !== 201);
    expect(rest.every(({ status, body }) => status === 507 && body.error_code === 'InsufficientCapacity')).toBe(true);
    expect(rest[0]?.body.message).toBe(`Insufficient capacity: no free address is left in ip-pool "${pool}"`);
    const [counted] = await api.db.execute(sql`
    select r.rcgen, (select count(distinct u.multicast_ip)::int from underlay_multicast_group u
      join multicast_group g on g.underlay_group_id = u.id where g.ip_pool_id = p.id) as underlay
    from ip_pool p join ip_pool_range r on r.ip_pool_id = p.id where p.name = ${pool}`);
    expect(counted).toEqual({ rcgen: 41, underlay: 40 });
    expect((await operator('GET', `/v1/system/ip-pools/${pool}/utilization`)).body).toEqual({
      capacity: 40,
      remaining: 0,
    });
  },
);

test('one explicit address asked for by many goes to one', async () => {
  await makePool(operator, 'silo1', 'explicit', { first: '224.6.0.1', last: '224.6.0.9', isDefault: false });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => create({ pool: 'explicit', multicast_ip: '224.6.0.5' })),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status === 400);
  expect(refused).toHaveLength(19);
  expect(refused.every(({ body }) => body.message.includes('224.6.0.5 is already in use'))).toBe(true);
});

test('one name asked for by many goes to one, and the others take no address', async () => {
  await makePool(operator, 'silo1', 'names', { first: '224.7.0.1', last: '224.7.0.9', isDefault: false });
  const answers = await Promise.all(Array.from({ length: 20 }, () => create({ pool: 'names', name: 'same' })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.error_code === 'ObjectAlreadyExists')).toHaveLength(19);
  expect((await operator('GET', '/v1/system/ip-pools/names/utilization')).body.remaining).toBe(8);
});

test('a pool of several ranges is filled in order of addresses, and freed addresses are used again', async () => {
  await makePool(operator, 'silo1', 'ranges', { first: '224.8.1.1', last: '224.8.1.2', isDefault: false });
  await operator('POST', '/v1/system/ip-pools/ranges/ranges/add', { body: { first: '224.8.0.1', last: '224.8.0.2' } });
  const addresses: string[] = [];
  for (let i = 0; i < 4; i++) addresses.push((await create({ pool: 'ranges' })).body.multicast_ip);
  expect(addresses).toEqual(['224.8.0.1', '224.8.0.2', '224.8.1.1', '224.8.1.2']);
  await api.db.execute(sql`delete from multicast_group where multicast_ip = '224.8.0.2'`);
  expect((await create({ pool: 'ranges' })).body.multicast_ip).toBe('224.8.0.2');
});

test('a range that reaches into a reserved block gives none of it away', async () => {
  // No request can make such a range; a row that is there anyway must do no harm.
  const pool = await makePool(operator, 'silo1', 'odd', { first: '234.0.0.0', last: '234.0.0.0', isDefault: false });
  await api.db.execute(
    sql`update ip_pool_range set first_address = '224.0.0.0', last_address = '224.0.1.0' where ip_pool_id = ${pool}`,
  );
  expect((await create({ pool: 'odd' })).body.multicast_ip).toBe('224.0.1.0');
  expect((await create({ pool: 'odd' })).status).toBe(507);
});
