/** Creating, viewing, changing and deleting groups. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Call } from '../support/http';
import {
  activate,
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
  await makePool(operator, 'silo1', 'ssm', { first: '232.1.0.1', last: '232.1.0.50', isDefault: false });
  await makePool(operator, 'silo1', 'asm6', { first: 'ff0e::1', last: 'ff0e::ffff', version: 'v6' });
  await makePool(operator, 'silo1', 'ssm6', { first: 'ff3e::1', last: 'ff3e::ffff', version: 'v6', isDefault: false });
  await makePool(operator, 'silo2', 'unlinked', { first: '225.1.0.1', last: '225.1.0.9' });
  const body = { name: 'unicast', description: '' };
  await operator('POST', '/v1/system/ip-pools', { body });
  await operator('POST', '/v1/system/ip-pools/unicast/silos', { body: { silo: 'silo1', is_default: true } });
});
afterAll(() => api.close());

let made = 0;
const create = (body: Record<string, unknown>, project = 'project1') =>
  user('POST', `/v1/multicast-groups?project=${project}`, { body: { name: `g${++made}`, description: 'd', ...body } });

describe('creation', () => {
  test('answers with the whole view, allocates the lowest free address and wakes the group', async () => {
    const answer = await create({ name: 'first', multicast_ip: null, source_ips: null, pool: null, vpc: null });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'first',
      description: 'd',
      time_created: expect.stringMatching(/^\d{4}-.*Z$/),
      time_modified: expect.any(String),
      multicast_ip: '224.1.0.1',
      source_ips: [],
      ip_pool_id: expect.any(String),
      project_id: rack.project.id,
      vpc_id: null,
      vni: 77,
      state: 'Creating',
    });
    expect(api.woken.map((group) => group.id)).toContain(answer.body.id);
    const viewed = await user('GET', `/v1/multicast-groups/first?project=project1`);
    expect(viewed.body).toEqual(answer.body);
  });

  test('fills the lowest gap, and an explicit address elsewhere leaves it', async () => {
    const explicit = await create({ multicast_ip: '224.1.0.3' });
    expect(explicit.body.multicast_ip).toBe('224.1.0.3');
    expect((await create({})).body.multicast_ip).toBe('224.1.0.2');
    expect((await create({})).body.multicast_ip).toBe('224.1.0.4');
  });

  test('stores underlay address, salt, tag and request', async () => {
    const { body } = await create({ multicast_ip: '224.1.0.200' });
    const rows = await api.db.execute(sql`
      select g.tag, g.requested, g.served, host(u.multicast_ip) as underlay, u.salt, u.tag as underlay_tag, u.vni
      from multicast_group g join underlay_multicast_group u on u.id = g.underlay_group_id where g.id = ${body.id}`);
    expect(rows[0]).toEqual({
      tag: `rackcast:${body.id}`,
      requested: 1,
      served: 0,
      underlay: 'ff04::e001:c8',
      salt: 0,
      underlay_tag: `rackcast:${body.id}`,
      vni: 77,
    });
  });

  test('takes the next salt when the underlay address is taken', async () => {
    await api.db.execute(sql`
      insert into underlay_multicast_group (id, multicast_ip, salt, vni, tag)
      select gen_random_uuid(), ('ff04::e001:' || a)::inet, 0, 77, 'other:' || a from unnest(array['c9', 'c8', 'cb']) a
      on conflict do nothing`);
    const { body } = await create({ multicast_ip: '224.1.0.201' });
    const rows = await api.db.execute(sql`
      select host(u.multicast_ip) as underlay, u.salt from multicast_group g
      join underlay_multicast_group u on u.id = g.underlay_group_id where g.id = ${body.id}`);
    expect(rows[0]).toEqual({ underlay: 'ff04::e001:ca', salt: 3 });
  });

  test('works in IPv6, of a named pool or of the default one', async () => {
    expect((await create({ pool: 'asm6' })).body.multicast_ip).toBe('ff0e::1');
    expect((await create({ multicast_ip: 'FF0E:0::0:2' })).body.multicast_ip).toBe('ff0e::2');
    const specific = await create({ pool: 'ssm6', source_ips: ['fd00::2', 'fd00::1'] });
    expect(specific.body).toMatchObject({ multicast_ip: 'ff3e::1', source_ips: ['fd00::1', 'fd00::2'] });
  });

  test('sorts and keeps sources', async () => {
    const answer = await create({ pool: 'ssm', source_ips: ['10.0.0.10', '10.0.0.9'] });
    expect(answer.body).toMatchObject({ multicast_ip: '232.1.0.1', source_ips: ['10.0.0.9', '10.0.0.10'] });
    const explicit = await create({ pool: 'ssm', multicast_ip: '232.1.0.7', source_ips: ['10.0.0.1'] });
    expect(explicit.body.multicast_ip).toBe('232.1.0.7');
  });

  test('takes the VNI of a VPC, by name or id, of the same project only', async () => {
    const byName = await create({ vpc: 'vpc1' });
    expect(byName.body).toMatchObject({ vpc_id: rack.vpc.id, vni: 4001 });
    const byId = await create({ vpc: rack.vpc.id });
    expect(byId.body).toMatchObject({ vpc_id: rack.vpc.id, vni: 4001 });
    const foreign = await create({ vpc: rack.otherVpc.id });
    expect(foreign.status).toBe(404);
    expect(foreign.body.message).toBe(`not found: vpc with id "${rack.otherVpc.id}"`);
    const missing = await create({ vpc: 'nowhere' });
    expect([missing.status, missing.body.message]).toEqual([404, 'not found: vpc with name "nowhere"']);
  });

  test.each<[Record<string, unknown>, number, string | undefined, RegExp]>([
    [{ name: 'first' }, 400, 'ObjectAlreadyExists', /^already exists: multicast-group "first"$/],
    [{ multicast_ip: '224.1.0.1' }, 400, 'InvalidRequest', /224\.1\.0\.1 is already in use/],
    [{ multicast_ip: '224.9.9.9' }, 400, 'InvalidRequest', /224\.9\.9\.9 is not in any range of ip-pool "asm"/],
    [{ multicast_ip: 'ff0e::1', pool: 'asm' }, 400, 'InvalidRequest', /not in any range of ip-pool "asm"/],
    [{ multicast_ip: '10.0.0.1' }, 400, undefined, /multicast_ip: 10\.0\.0\.1 is not a multicast address/],
    [{ multicast_ip: '224.0.0.5' }, 400, undefined, /reserved multicast subnet 224\.0\.0\.0\/24/],
    [{ multicast_ip: '233.1.1.1' }, 400, undefined, /reserved multicast subnet 233\.0\.0\.0\/8/],
    [{ multicast_ip: '239.1.1.1' }, 400, undefined, /reserved multicast subnet 239\.0\.0\.0\/8/],
    [{ multicast_ip: 'ff04::1' }, 400, undefined, /ff04::\/16, kept for the underlay/],
    [{ multicast_ip: '224.1.0.01' }, 400, undefined, /multicast_ip: expected an IP address/],
    [{ multicast_ip: '0xe0.1.0.1' }, 400, undefined, /multicast_ip/],
    [{ multicast_ip: 7 }, 400, undefined, /multicast_ip/],
    [
      { multicast_ip: '232.1.0.9', pool: 'ssm' },
      400,
      'InvalidRequest',
      /source_ips: SSM multicast address 232\.1\.0\.9 requires/,
    ],
    [{ multicast_ip: '232.1.0.9', pool: 'ssm', source_ips: [] }, 400, 'InvalidRequest', /requires one or more source/],
    [
      { multicast_ip: '224.1.0.9', source_ips: ['10.0.0.1'] },
      400,
      'InvalidRequest',
      /ASM multicast addresses cannot have sources/,
    ],
    [{ source_ips: ['10.0.0.1'] }, 400, 'InvalidRequest', /Cannot allocate SSM multicast group from ASM pool/],
    [{ pool: 'ssm' }, 400, 'InvalidRequest', /SSM multicast pool [0-9a-f-]{36} requires one or more source IPs/],
    [{ pool: 'ssm', multicast_ip: '224.1.0.9' }, 400, 'InvalidRequest', /SSM multicast pool/],
    [{ pool: 'asm', multicast_ip: '232.1.0.9', source_ips: ['10.0.0.1'] }, 400, 'InvalidRequest', /not in any range/],
    [{ pool: 'ssm', source_ips: ['fd00::1'] }, 400, 'InvalidRequest', /source fd00::1 is IPv6/],
    [
      { multicast_ip: '232.1.0.9', pool: 'ssm', source_ips: ['fd00::1'] },
      400,
      'InvalidRequest',
      /source fd00::1 is IPv6/,
    ],
    [
      { pool: 'ssm', source_ips: ['10.0.0.1', '10.0.0.1'] },
      400,
      undefined,
      /source_ips: source 10\.0\.0\.1 is given twice/,
    ],
    [
      { pool: 'ssm', source_ips: ['10.0.0.1', '224.1.1.1'] },
      400,
      undefined,
      /source_ips\[1\]: 224\.1\.1\.1 is a multicast address/,
    ],
    [{ pool: 'ssm', source_ips: ['127.0.0.1'] }, 400, undefined, /source_ips\[0\]: 127\.0\.0\.1 is a loopback/],
    [{ pool: 'ssm', source_ips: Array.from({ length: 65 }, (_, i) => `10.0.0.${i}`) }, 400, undefined, /at most 64/],
    [{ pool: 'nowhere' }, 404, 'ObjectNotFound', /^not found: ip-pool with name "nowhere"$/],
    [{ pool: 'unlinked' }, 404, 'ObjectNotFound', /^not found: ip-pool with name "unlinked"$/],
    [{ pool: 'unicast' }, 400, 'InvalidRequest', /ip-pool "unicast" is a unicast pool, a multicast pool is needed/],
    [{ name: 'Bad' }, 400, undefined, /name/],
    [{ name: undefined }, 400, undefined, /name/],
    [{ description: undefined }, 400, undefined, /description/],
    [{ description: 'x'.repeat(513) }, 400, undefined, /description.*512/],
    [{ description: 'a\0' }, 400, undefined, /description/],
  ])('refuses %j with %p', async (body, status, code, message) => {
    const answer = await create(body);
    expect(answer.body).toEqual({
      request_id: answer.headers.get('x-request-id'),
      ...(code === undefined ? {} : { error_code: code }),
      message: expect.stringMatching(message),
    });
    expect(answer.status).toBe(status);
  });

  test('a name is taken only within its project', async () => {
    expect((await create({ name: 'first' }, 'project2')).status).toBe(201);
  });

  test.each([
    ['', 400],
    ['?project=nowhere', 404],
    [`?project=${randomUUID()}`, 404],
    ['?project=Bad', 400],
    ['?project=a&project=b', 400],
  ])('with query %p is refused', async (query, status) => {
    const answer = await user('POST', `/v1/multicast-groups${query}`, { body: { name: 'x', description: '' } });
    expect(answer.status).toBe(status);
  });

  test('without a default pool is 404, with a pool without ranges 507', async () => {
    const far = await api.as(rack.otherSilo.id, [{ scope: 'silo', resourceId: rack.otherSilo.id, role: 'admin' }]);
    const body = { name: 'x', description: '' };
    const v6 = await far('POST', '/v1/multicast-groups?project=project1', {
      body: { ...body, multicast_ip: 'ff0e::77' },
    });
    expect([v6.status, v6.body.message]).toEqual([404, 'not found: default multicast IP pool for current silo']);
    await operator('POST', '/v1/system/ip-pools', { body: { name: 'empty', description: '', pool_type: 'multicast' } });
    await operator('POST', '/v1/system/ip-pools/empty/silos', { body: { silo: 'silo2', is_default: false } });
    const empty = await far('POST', '/v1/multicast-groups?project=project1', { body: { ...body, pool: 'empty' } });
    expect(empty.status).toBe(507);
    expect(empty.body).toMatchObject({
      error_code: 'InsufficientCapacity',
      message: 'Insufficient capacity: ip-pool "empty" has no ranges',
    });
  });
});

describe('selectors', () => {
  test('a name needs a project, an id must come without', async () => {
    const { body } = await create({ name: 'selected' });
    const get = (path: string) => user('GET', `/v1/multicast-groups/${path}`);
    expect((await get(body.id)).status).toBe(200);
    expect((await get(body.id.toUpperCase())).status).toBe(200);
    expect((await get('selected?project=project1')).status).toBe(200);
    expect((await get(`selected?project=${rack.project.id}`)).status).toBe(200);
    const nameOnly = await get('selected');
    expect([nameOnly.status, nameOnly.body.error_code]).toEqual([400, 'InvalidRequest']);
    const both = await get(`${body.id}?project=project1`);
    expect([both.status, both.body.error_code]).toEqual([400, 'InvalidRequest']);
    expect((await get('selected?project=project2')).body.message).toBe(
      'not found: multicast-group with name "selected"',
    );
    const id = randomUUID();
    expect((await get(id)).body.message).toBe(`not found: multicast-group with id "${id}"`);
    expect((await get('Not_A_Name')).status).toBe(400);
  });
});

describe('update', () => {
  test('renames and describes an Active group, touching nothing else', async () => {
    const { body } = await create({ name: 'before' });
    const path = `/v1/multicast-groups/${body.id}`;
    const early = await user('PUT', path, { body: { name: 'after' } });
    expect([early.status, early.body.message]).toEqual([400, expect.stringContaining('Creating')]);
    await activate(api.db, body.id);
    const woken = api.woken.length;
    const renamed = await user('PUT', path, { body: { name: 'after', description: 'new', source_ips: null } });
    expect(renamed.status).toBe(200);
    expect(renamed.body).toMatchObject({ id: body.id, name: 'after', description: 'new', state: 'Active' });
    expect((await user('PUT', path, { body: { source_ips: [] } })).status).toBe(200);
    expect(api.woken).toHaveLength(woken);
    expect((await user('GET', '/v1/multicast-groups/before?project=project1')).status).toBe(404);
    const taken = await user('PUT', path, { body: { name: 'first' } });
    expect([taken.status, taken.body.error_code, taken.body.message]).toEqual([
      400,
      'ObjectAlreadyExists',
      'already exists: multicast-group "first"',
    ]);
  });

  test('keeps the kind of the group', async () => {
    const asm = (await create({})).body;
    const ssm = (await create({ pool: 'ssm', source_ips: ['10.0.0.1'] })).body;
    for (const group of [asm, ssm]) await activate(api.db, group.id);
    const put = (group: { id: string }, source_ips: string[]) =>
      user('PUT', `/v1/multicast-groups/${group.id}`, { body: { source_ips } });
    expect((await put(asm, ['10.0.0.1'])).body.message).toContain('ASM multicast addresses cannot have sources');
    expect((await put(ssm, [])).body.message).toContain('requires one or more source');
    expect((await put(ssm, ['fd00::1'])).body.message).toContain('fd00::1 is IPv6');
    expect((await put(ssm, ['10.0.0.1'])).status).toBe(200);
  });
});

describe('deletion', () => {
  test('answers at once, keeps name and address taken, ends the members, and is refused twice', async () => {
    const { body } = await create({ name: 'doomed' });
    const vm = await makeInstance(api.db, rack.project.id, 'doomed-vm', rack.sledId);
    expect((await user('PUT', `/v1/instances/${vm.id}/multicast-groups/${body.id}`)).status).toBe(201);
    const path = `/v1/multicast-groups/${body.id}`;
    const gone = await user('DELETE', path);
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await user('GET', path)).body.state).toBe('Deleting');
    expect((await user('GET', `${path}/members`)).body.items).toEqual([]);
    expect((await user('GET', `/v1/instances/${vm.id}/multicast-groups`)).body.items).toEqual([]);
    const again = await user('DELETE', path);
    expect([again.status, again.body.message]).toEqual([404, `not found: multicast-group with id "${body.id}"`]);
    expect((await create({ name: 'doomed' })).body.error_code).toBe('ObjectAlreadyExists');
    expect((await create({ multicast_ip: body.multicast_ip })).body.message).toContain('already in use');
    expect((await user('PUT', path, { body: { name: 'x' } })).body.message).toContain('Deleting');
    const join = await user('PUT', `/v1/instances/${vm.id}/multicast-groups/${body.id}`);
    expect([join.status, join.body.message]).toEqual([400, expect.stringContaining('is being deleted')]);
    const rows = await api.db.execute(sql`
      select m.generation = g.requested as stamped, m.sled_id, m.time_deleted is not null as ended
      from multicast_group_member m join multicast_group g on g.id = m.external_group_id where g.id = ${body.id}`);
    expect(rows[0]).toEqual({ stamped: true, sled_id: null, ended: true });
  });
});

describe('by address', () => {
  test('finds a group of any silo, for the fleet only', async () => {
    const { body } = await create({ multicast_ip: '224.1.0.222' });
    const get = (who: Call, address: string) => who('GET', `/v1/system/multicast-groups/by-ip/${address}`);
    expect((await get(operator, '224.1.0.222')).body.id).toBe(body.id);
    expect((await get(user, '224.1.0.222')).status).toBe(403);
    const missing = await get(operator, '224.1.0.223');
    expect([missing.status, missing.body.message]).toEqual([404, 'not found: multicast-group with name "224.1.0.223"']);
    expect((await get(operator, 'nonsense')).status).toBe(400);
    expect((await get(operator, 'FF0E::0001')).body.multicast_ip).toBe('ff0e::1');
  });
});
