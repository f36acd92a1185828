/** IP pools: their fields, ranges, links, defaults, guards and utilization. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Call } from '../support/http';
import { activate, makePool, makeRack, startExternalApi, type ExternalApi, type Rack } from '../support/external-api';

let api: ExternalApi;
let rack: Rack;
let operator: Call;
let user: Call;

beforeAll(async () => {
  api = await startExternalApi();
  rack = await makeRack(api.db);
  operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'collaborator' }]);
});
afterAll(() => api.close());

const POOLS = '/v1/system/ip-pools';
let made = 0;
const create = (body: Record<string, unknown>) =>
  operator('POST', POOLS, { body: { name: `p${++made}`, description: '', ...body } });
const multicast = async (version = 'v4'): Promise<string> =>
  (await create({ pool_type: 'multicast', ip_version: version })).body.name;
const add = (pool: string, first: string, last: string) =>
  operator('POST', `${POOLS}/${pool}/ranges/add`, { body: { first, last } });
const remove = (pool: string, first: string, last: string) =>
  operator('POST', `${POOLS}/${pool}/ranges/remove`, { body: { first, last } });
const group = (body: Record<string, unknown>) =>
  user('POST', '/v1/multicast-groups?project=project1', { body: { name: `g${++made}`, description: '', ...body } });

describe('a pool', () => {
  test('is unicast and IPv4 unless said otherwise, and shows only the fields that it has', async () => {
    const answer = await create({ name: 'plain' });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.any(String),
      name: 'plain',
      description: '',
      time_created: expect.any(String),
      time_modified: expect.any(String),
      ip_version: 'v4',
      pool_type: 'unicast',
    });
    expect((await operator('GET', `${POOLS}/plain`)).body).toEqual(answer.body);
    expect((await operator('GET', `${POOLS}/${answer.body.id}`)).body).toEqual(answer.body);
  });

  test('of multicast has a VLAN and uplinks, as texts or objects, each once', async () => {
    const uplinks = ['switch0.qsfp0', { switch_location: 'switch1', port_name: 'qsfp1' }, 'switch0.qsfp0'];
    const { body } = await create({ pool_type: 'multicast', mvlan: 100, switch_port_uplinks: uplinks });
    expect(body).toMatchObject({
      pool_type: 'multicast',
      mvlan: 100,
      switch_port_uplinks: ['switch0.qsfp0', 'switch1.qsfp1'],
    });
    const changed = await operator('PUT', `${POOLS}/${body.id}`, { body: { mvlan: 200, switch_port_uplinks: [] } });
    expect(changed.body).toMatchObject({ mvlan: 200, switch_port_uplinks: [], name: body.name });
    const kept = await operator('PUT', `${POOLS}/${body.id}`, { body: { mvlan: null, description: 'new' } });
    expect(kept.body).toMatchObject({ mvlan: 200, description: 'new' });
    expect(Date.parse(kept.body.time_modified)).toBeGreaterThan(Date.parse(body.time_modified));
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ mvlan: 100 }, /^mvlan: only a multicast pool/],
    [{ switch_port_uplinks: ['switch0.qsfp0'] }, /^switch_port_uplinks: only a multicast pool/],
    [{ switch_port_uplinks: [] }, /^switch_port_uplinks: only a multicast pool/],
    ...[0, 1, 4095, 60_000, -1, 2.5, '100'].map((mvlan): [Record<string, unknown>, RegExp] => [
      { pool_type: 'multicast', mvlan },
      /mvlan/,
    ]),
    [
      { pool_type: 'multicast', switch_port_uplinks: ['switch2.qsfp0'] },
      /"switch_port_uplinks": port switch2\.qsfp0 not found/,
    ],
    [{ pool_type: 'multicast', switch_port_uplinks: ['switch0.qsfp17'] }, /port switch0\.qsfp17 not found/],
    [{ pool_type: 'multicast', switch_port_uplinks: ['switch0.rear0'] }, /port switch0\.rear0 not found/],
    [{ pool_type: 'multicast', switch_port_uplinks: ['nonsense'] }, /port nonsense not found/],
    [{ pool_type: 'multicast', switch_port_uplinks: [{ switch_location: 'switch0' }] }, /switch_port_uplinks\[0\]/],
    [
      { pool_type: 'multicast', switch_port_uplinks: ['switch1.qsfp4'] },
      /switch1\.qsfp4 shares a bit of the switch with rear4, where sled/,
    ],
    [{ name: 'plain' }, /^already exists: ip-pool "plain"$/],
    [{ pool_type: 'anycast' }, /pool_type/],
    [{ ip_version: 'v5' }, /ip_version/],
    [{ name: 'Bad' }, /name/],
  ])('with %j is refused', async (body, message) => {
    const answer = await create(body);
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)]);
  });

  test.each([2, 100, 4094])('may have VLAN %p', async (mvlan) => {
    expect((await create({ pool_type: 'multicast', mvlan })).status).toBe(201);
  });

  test('cannot become what it is not, nor take a taken name', async () => {
    const put = (body: unknown) => operator('PUT', `${POOLS}/plain`, { body });
    expect((await put({ mvlan: 100 })).body.message).toContain('mvlan');
    expect((await put({ switch_port_uplinks: [] })).body.message).toContain('switch_port_uplinks');
    const other = await multicast();
    expect((await put({ name: other })).body).toMatchObject({
      error_code: 'ObjectAlreadyExists',
      message: `already exists: ip-pool "${other}"`,
    });
    expect((await put({ name: 'plain' })).status).toBe(200);
    expect((await operator('PUT', `${POOLS}/nowhere`, { body: {} })).status).toBe(404);
  });

  test('goes only without ranges, and its links with it', async () => {
    const pool = await multicast();
    await add(pool, '238.1.0.1', '238.1.0.9');
    await operator('POST', `${POOLS}/${pool}/silos`, { body: { silo: 'silo1', is_default: false } });
    const refused = await operator('DELETE', `${POOLS}/${pool}`);
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('238.1.0.1-238.1.0.9')]);
    expect((await remove(pool, '238.1.0.1', '238.1.0.9')).status).toBe(204);
    expect((await operator('DELETE', `${POOLS}/${pool}`)).status).toBe(204);
    expect((await operator('DELETE', `${POOLS}/${pool}`)).status).toBe(404);
    expect((await create({ name: pool })).status).toBe(201);
  });
});

describe('ranges', () => {
  test('are listed by address and counted in full', async () => {
    const pool = await multicast();
    await add(pool, '225.0.0.20', '225.0.0.29');
    const { status, body } = await add(pool, '225.0.0.1', '225.0.0.10');
    expect([status, body]).toEqual([
      201,
      {
        id: expect.any(String),
        ip_pool_id: expect.any(String),
        range: { first: '225.0.0.1', last: '225.0.0.10' },
        time_created: expect.any(String),
      },
    ]);
    const first = (await operator('GET', `${POOLS}/${pool}/ranges?limit=1`)).body;
    expect(first.items).toEqual([body]);
    const second = (await operator('GET', `${POOLS}/${pool}/ranges?page_token=${first.next_page}`)).body;
    expect(second.items.map((item: typeof body) => item.range.first)).toEqual(['225.0.0.20']);
    expect((await operator('GET', `${POOLS}/${pool}/utilization`)).body).toEqual({ capacity: 20, remaining: 20 });
  });

  test.each<[Record<string, unknown>, string, string, RegExp]>([
    [{ pool_type: 'multicast' }, '10.0.0.1', '10.0.0.9', /range 10\.0\.0\.1-10\.0\.0\.9 is not multicast/],
    [{ pool_type: 'unicast' }, '224.1.1.1', '224.1.1.10', /contains multicast addresses, the pool is a unicast pool/],
    [{ pool_type: 'unicast' }, '200.0.0.0', '250.0.0.0', /contains multicast/],
    [{ pool_type: 'multicast' }, '223.0.0.0', '224.5.0.0', /spans unicast and multicast/],
    [{ pool_type: 'multicast' }, '231.0.0.0', '232.0.0.9', /spans ASM and SSM/],
    [{ pool_type: 'multicast' }, '224.0.0.0', '224.0.0.9', /reserved multicast subnet 224\.0\.0\.0\/24/],
    [{ pool_type: 'multicast' }, '238.255.0.0', '239.0.0.1', /reserved multicast subnet 239\.0\.0\.0\/8/],
    [{ pool_type: 'multicast', ip_version: 'v6' }, 'ff03::', 'ff04::1', /reserved multicast subnet ff04::\/16/],
    [{ pool_type: 'multicast' }, 'ff0e::1', 'ff0e::2', /is IPv6, the pool is IPv4/],
    [{ pool_type: 'multicast', ip_version: 'v6' }, '225.1.1.1', '225.1.1.2', /is IPv4, the pool is IPv6/],
    [{ pool_type: 'multicast' }, '225.9.0.9', '225.9.0.1', /greater than/],
    [{ pool_type: 'multicast' }, '225.9.0.9', 'ff0e::1', /one IP version/],
    [{ pool_type: 'multicast' }, '225.9.0.x', '225.9.0.9', /first: expected an IP address/],
    [{ pool_type: 'multicast' }, '225.09.0.1', '225.9.0.9', /first: expected an IP address/],
  ])('in a pool with %j refuse %s-%s', async (fields, first, last, message) => {
    const { body } = await create(fields);
    const answer = await add(body.name, first, last);
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)]);
    expect((await operator('GET', `${POOLS}/${body.name}/ranges`)).body.items).toEqual([]);
  });

  test('of one pool are of one kind', async () => {
    const [asm, ssm] = [await multicast(), await multicast()];
    expect((await add(asm, '226.1.0.1', '226.1.0.50')).status).toBe(201);
    expect((await add(ssm, '232.1.0.1', '232.1.0.50')).status).toBe(201);
    expect((await add(asm, '232.2.0.1', '232.2.0.50')).body.message).toMatch(/Cannot mix.*SSM.*ASM/);
    expect((await add(ssm, '226.2.0.1', '226.2.0.50')).body.message).toMatch(/Cannot mix.*ASM.*SSM/);
    expect((await add(asm, '226.2.0.1', '226.2.0.50')).status).toBe(201);
    expect((await add(ssm, '232.2.0.1', '232.2.0.50')).status).toBe(201);
  });

  test('never overlap, not even those of different pools, not even when added at once', async () => {
    const [one, two] = [await multicast(), await multicast()];
    await add(one, '227.0.0.10', '227.0.0.20');
    for (const [first, last] of [
      ['227.0.0.20', '227.0.0.30'],
      ['227.0.0.1', '227.0.0.10'],
      ['227.0.0.12', '227.0.0.13'],
      ['227.0.0.1', '227.0.0.99'],
    ] as const) {
      const answer = await add(two, first, last);
      expect([answer.status, answer.body.message]).toEqual([
        400,
        expect.stringContaining('overlaps with existing range 227.0.0.10-227.0.0.20'),
      ]);
    }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => add(i % 2 ? one : two, `227.1.0.${10 - i}`, '227.1.0.50')),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
  });

  test('of IPv6 are as wide as one likes', async () => {
    const pool = await multicast('v6');
    expect((await add(pool, 'ff0d::', 'ff0d:ffff:ffff:ffff:ffff:ffff:ffff:ffff')).status).toBe(201);
    expect((await operator('GET', `${POOLS}/${pool}/utilization`)).body.capacity).toBe(2 ** 112);
    await operator('POST', `${POOLS}/${pool}/silos`, { body: { silo: 'silo1', is_default: false } });
    expect((await group({ pool })).body.multicast_ip).toBe('ff0d::');
    expect((await group({ pool, multicast_ip: 'ff0d:ffff:ffff:ffff:ffff:ffff:ffff:ffff' })).status).toBe(201);
    expect((await group({ pool })).body.multicast_ip).toBe('ff0d::1');
  });

  test('are removed by exactly their ends, and not under a group', async () => {
    const pool = await makePool(operator, 'silo1', 'guarded', {
      first: '228.0.0.1',
      last: '228.0.0.9',
      isDefault: false,
    });
    const made = (await group({ pool: 'guarded' })).body;
    expect((await operator('GET', `${POOLS}/${pool}/utilization`)).body).toEqual({ capacity: 9, remaining: 8 });
    const inexact = await remove('guarded', '228.0.0.1', '228.0.0.8');
    expect([inexact.status, inexact.body.message]).toEqual([400, 'ip-pool "guarded" has no range 228.0.0.1-228.0.0.8']);
    const used = await remove('guarded', '228.0.0.1', '228.0.0.9');
    expect([used.status, used.body.message]).toEqual([400, expect.stringContaining(`"${made.name}" has 228.0.0.1`)]);
    const linked = await operator('DELETE', `${POOLS}/guarded/silos/silo1`);
    expect([linked.status, linked.body.message]).toEqual([
      400,
      expect.stringContaining(`"${made.name}" of project "project1"`),
    ]);
    expect((await operator('DELETE', `${POOLS}/guarded`)).status).toBe(400);
    await user('DELETE', `/v1/multicast-groups/${made.id}`);
    expect((await remove('guarded', '228.0.0.1', '228.0.0.9')).status).toBe(400);
    await api.db.execute(sql`delete from multicast_group where id = ${made.id}`);
    expect((await remove('guarded', '228.0.0.1', '228.0.0.9')).status).toBe(204);
    expect((await operator('DELETE', `${POOLS}/guarded/silos/silo1`)).status).toBe(204);
  });

  test('removed while groups are created: never a group without its range', async () => {
    await makePool(operator, 'silo1', 'raced', { first: '229.0.0.1', last: '229.0.0.9', isDefault: false });
    const answers = await Promise.all([
      group({ pool: 'raced' }),
      remove('raced', '229.0.0.1', '229.0.0.9'),
      operator('DELETE', `${POOLS}/raced/silos/silo1`),
      group({ pool: 'raced' }),
    ]);
    const [dangling] = await api.db.execute(sql`
      select count(*)::int as groups from multicast_group g join ip_pool p on p.id = g.ip_pool_id
      where p.name = 'raced' and (not exists (select 1 from ip_pool_range r where r.id = g.ip_pool_range_id and r.time_deleted is null)
        or not exists (select 1 from ip_pool_silo l where l.ip_pool_id = p.id))`);
    expect(dangling).toEqual({ groups: 0 });
    expect(answers.filter(({ status }) => status >= 500 && status !== 507)).toEqual([]);
  });
});

describe('links', () => {
  const link = (pool: string, body: unknown) => operator('POST', `${POOLS}/${pool}/silos`, { body });
  const put = (pool: string, is_default: boolean) =>
    operator('PUT', `${POOLS}/${pool}/silos/silo2`, { body: { is_default } });

  test('are seen from both sides', async () => {
    const { body: pool } = await create({ name: 'linked', pool_type: 'multicast', mvlan: 300 });
    const made = await link('linked', { silo: 'silo2', is_default: true });
    expect([made.status, made.body]).toEqual([
      201,
      { ip_pool_id: pool.id, silo_id: rack.otherSilo.id, is_default: true },
    ]);
    expect((await operator('GET', `${POOLS}/linked/silos`)).body.items).toEqual([made.body]);
    const { items } = (await operator('GET', '/v1/system/silos/silo2/ip-pools')).body;
    expect(items).toEqual([
      {
        id: pool.id,
        name: 'linked',
        description: '',
        time_created: pool.time_created,
        time_modified: pool.time_modified,
        is_default: true,
      },
    ]);
    const far = await api.as(rack.otherSilo.id, []);
    expect((await far('GET', '/v1/ip-pools')).body.items).toEqual(items);
    expect((await far('GET', '/v1/ip-pools/linked')).body).toEqual(items[0]);
    expect((await user('GET', '/v1/ip-pools/linked')).status).toBe(404);
  });

  test('have one default per silo, type and version', async () => {
    const six = await multicast('v6');
    const second = await multicast();
    const unicast = (await create({})).body.name;
    expect((await link(six, { silo: 'silo2', is_default: true })).status).toBe(201);
    expect((await link(unicast, { silo: 'silo2', is_default: true })).status).toBe(201);
    const taken = await link(second, { silo: 'silo2', is_default: true });
    expect([taken.status, taken.body.error_code, taken.body.message]).toEqual([
      400,
      'ObjectAlreadyExists',
      expect.stringMatching(
        /^already exists: ip-pool-resource: silo "silo2" has a default multicast IPv4 pool, ip-pool "[^"]+"$/,
      ),
    ]);
    expect((await link(second, { silo: rack.otherSilo.id, is_default: false })).status).toBe(201);
    expect((await link(second, { silo: 'silo2', is_default: false })).body.message).toContain(`"${second}" is linked`);
    expect((await put(second, true)).body).toMatchObject({ is_default: true });
    const defaults = (await operator('GET', '/v1/system/silos/silo2/ip-pools')).body.items.filter(
      (item: { is_default: boolean }) => item.is_default,
    );
    expect(defaults.map((item: { name: string }) => item.name).sort()).toEqual([second, six, unicast].sort());
    const races = await Promise.all([put('linked', true), put(second, true), put('linked', true), put(second, true)]);
    expect(races.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await put(second, false)).body).toMatchObject({ is_default: false });
  });

  test('that do not exist are not found', async () => {
    const pool = await multicast();
    expect((await put(pool, true)).status).toBe(404);
    expect((await operator('DELETE', `${POOLS}/${pool}/silos/silo2`)).status).toBe(404);
    expect((await operator('DELETE', `${POOLS}/${pool}/silos/${randomUUID()}`)).status).toBe(404);
    expect((await link(pool, { silo: 'nowhere', is_default: true })).body.message).toBe(
      'not found: silo with name "nowhere"',
    );
    expect((await link(pool, { silo: 'silo2' })).status).toBe(400);
    expect((await operator('GET', '/v1/system/silos/nowhere/ip-pools')).status).toBe(404);
  });
});

test('new uplinks or a new VLAN ask all groups of the pool to converge; a new name does not', async () => {
  await makePool(operator, 'silo1', 'busy', { first: '230.0.0.1', last: '230.0.0.9', isDefault: false });
  const groups = [(await group({ pool: 'busy' })).body.id, (await group({ pool: 'busy' })).body.id].sort();
  for (const id of groups) await activate(api.db, id);
  const woken = api.woken.length;
  await operator('PUT', `${POOLS}/busy`, { body: { description: 'x' } });
  expect(api.woken).toHaveLength(woken);
  await operator('PUT', `${POOLS}/busy`, { body: { switch_port_uplinks: ['switch0.qsfp1'] } });
  expect(
    api.woken
      .slice(woken)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(groups);
});
