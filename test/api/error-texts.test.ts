/** What a refusal says: the field or the object at fault, for a conflict what it conflicts with, and nothing that the caller may not see. */
import { randomUUID } from 'node:crypto';
import type { Call } from '../support/http';
import {
  makeInstance,
  makePool,
  makeRack,
  startExternalApi,
  type ExternalApi,
  type Rack,
} from '../support/external-api';
import { registerRack, startInternalApi, type InternalApi } from '../support/internal-api';

let api: ExternalApi;
let rack: Rack;
let group: { id: string };
let inFar: { id: string; name: string };
const callers: Record<string, Call> = {};
beforeAll(async () => {
  api = await startExternalApi();
  rack = await makeRack(api.db);
  const operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  const user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'admin' }]);
  const far = await api.as(rack.otherSilo.id, [{ scope: 'silo', resourceId: rack.otherSilo.id, role: 'admin' }]);
  Object.assign(callers, { operator, user, far, nobody: await api.as(rack.silo.id, []) });
  await makePool(operator, 'silo1', 'asm', { first: '224.1.0.1', last: '224.1.0.9' });
  await makePool(operator, 'silo2', 'distant', { first: '224.2.0.1', last: '224.2.0.9' });
  await operator('POST', '/v1/system/ip-pools', {
    body: { name: 'spare', description: '', pool_type: 'multicast' },
  });
  const create = (call: Call, name: string) =>
    call('POST', '/v1/multicast-groups?project=project1', { body: { name, description: '' } });
  group = (await create(user, 'news')).body;
  inFar = (await create(far, 'secret')).body;
  await makeInstance(api.db, rack.project.id, 'vm1', rack.sledId);
  await makeInstance(api.db, rack.otherProject.id, 'vm2', rack.sledId);
});
afterAll(() => api.close());

const GROUPS = '/v1/multicast-groups';
const POOLS = '/v1/system/ip-pools';
const body = { description: '' };

test.each<[string, string, string, unknown, number, RegExp]>([
  // What is not there is named as it was asked for.
  ['user', 'GET', `${GROUPS}/gone?project=project1`, undefined, 404, /multicast-group with name "gone"/],
  ['user', 'GET', `${GROUPS}/news?project=gone`, undefined, 404, /project with name "gone"/],
  ['user', 'POST', `${GROUPS}?project=gone`, { ...body, name: 'x' }, 404, /project with name "gone"/],
  [
    'user',
    'PUT',
    '/v1/instances/gone/multicast-groups/news?project=project1',
    undefined,
    404,
    /instance with name "gone"/,
  ],
  ['user', 'GET', '/v1/ip-pools/gone', undefined, 404, /ip-pool with name "gone"/],
  ['operator', 'GET', `${POOLS}/gone`, undefined, 404, /ip-pool with name "gone"/],
  ['operator', 'GET', '/v1/system/silos/gone/ip-pools', undefined, 404, /silo with name "gone"/],
  ['operator', 'POST', `${POOLS}/asm/silos`, { silo: 'gone', is_default: false }, 404, /silo with name "gone"/],
  ['operator', 'DELETE', `${POOLS}/asm/silos/silo2`, undefined, 404, /ip-pool-resource with name "silo2"/],
  ['operator', 'GET', '/v1/system/multicast-groups/by-ip/224.7.7.7', undefined, 404, /"224\.7\.7\.7"/],
  // A field that is wrong is named, with what was expected.
  ['user', 'GET', GROUPS, undefined, 400, /project: required/],
  ['user', 'GET', `${GROUPS}?project=project1&limit=0`, undefined, 400, /limit: expected a positive integer/],
  ['user', 'GET', `${GROUPS}?project=project1&sort_by=age`, undefined, 400, /sort_by: /],
  ['user', 'GET', `${GROUPS}?page_token=x`, undefined, 400, /page_token: invalid page token/],
  ['user', 'GET', `${GROUPS}/news`, undefined, 400, /project: must be given when multicast_group is a name/],
  ['user', 'GET', `${GROUPS}/Bad`, undefined, 400, /multicast_group: a name must begin with/],
  ['user', 'POST', `${GROUPS}?project=project1`, { ...body }, 400, /name: /],
  ['user', 'POST', `${GROUPS}?project=project1`, { ...body, name: 'x', source_ips: 'y' }, 400, /source_ips: /],
  ['user', 'POST', `${GROUPS}?project=project1`, { ...body, name: 'x', source_ips: ['y'] }, 400, /source_ips\[0\]: /],
  ['user', 'POST', `${GROUPS}/news/members?project=project1`, {}, 400, /instance: /],
  ['operator', 'GET', '/v1/system/multicast-groups/by-ip/7', undefined, 400, /address: expected an IP address/],
  ['operator', 'POST', POOLS, { ...body, name: 'x', ip_version: 'v5' }, 400, /ip_version: /],
  ['operator', 'POST', POOLS, { ...body, name: 'x', pool_type: 'multicast', mvlan: 1 }, 400, /mvlan: .*2 to 4094/],
  ['operator', 'POST', `${POOLS}/asm/ranges/add`, { first: '1', last: '2' }, 400, /first: expected an IP address/],
  ['operator', 'POST', `${POOLS}/asm/silos`, { silo: 'silo1' }, 400, /is_default: /],
  // A conflict is told with what it is with.
  [
    'user',
    'POST',
    `${GROUPS}?project=project1`,
    { ...body, name: 'news' },
    400,
    /already exists: multicast-group "news"/,
  ],
  [
    'user',
    'POST',
    `${GROUPS}?project=project1`,
    { ...body, name: 'x', multicast_ip: '224.1.0.1' },
    400,
    /224\.1\.0\.1 is already in use/,
  ],
  [
    'user',
    'POST',
    `${GROUPS}?project=project1`,
    { ...body, name: 'x', multicast_ip: '224.9.0.1' },
    400,
    /224\.9\.0\.1 is not in any range of ip-pool "asm"/,
  ],
  ['user', 'PUT', `${GROUPS}/news?project=project1`, { name: 'x' }, 400, /multicast-group "news" is Creating/],
  ['operator', 'POST', POOLS, { ...body, name: 'asm' }, 400, /already exists: ip-pool "asm"/],
  ['operator', 'PUT', `${POOLS}/spare`, { name: 'asm' }, 400, /already exists: ip-pool "asm"/],
  [
    'operator',
    'POST',
    `${POOLS}/spare/ranges/add`,
    { first: '224.1.0.9', last: '224.1.0.20' },
    400,
    /overlaps with existing range 224\.1\.0\.1-224\.1\.0\.9/,
  ],
  [
    'operator',
    'POST',
    `${POOLS}/asm/ranges/remove`,
    { first: '224.1.0.1', last: '224.1.0.9' },
    400,
    /range 224\.1\.0\.1-224\.1\.0\.9 .*"news" has 224\.1\.0\.1/,
  ],
  [
    'operator',
    'POST',
    `${POOLS}/asm/ranges/remove`,
    { first: '224.5.0.1', last: '224.5.0.9' },
    400,
    /"asm" has no range 224\.5\.0\.1-224\.5\.0\.9/,
  ],
  ['operator', 'DELETE', `${POOLS}/asm`, undefined, 400, /"asm" .*range 224\.1\.0\.1-224\.1\.0\.9/],
  ['operator', 'DELETE', `${POOLS}/asm/silos/silo1`, undefined, 400, /"asm" .*"news" of project "project1"/],
  [
    'operator',
    'POST',
    `${POOLS}/asm/silos`,
    { silo: 'silo1', is_default: false },
    400,
    /ip-pool "asm" is linked to silo "silo1"/,
  ],
  [
    'operator',
    'POST',
    `${POOLS}/spare/silos`,
    { silo: 'silo1', is_default: true },
    400,
    /silo "silo1" has a default multicast IPv4 pool, ip-pool "asm"/,
  ],
])('%s %s %s %j: %i', async (kind, method, path, sent, status, message) => {
  const answer = await callers[kind]!(method, path, sent === undefined ? {} : { body: sent });
  expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)]);
});

test('a membership across projects names both', async () => {
  const members = `${GROUPS}/${group.id}/members`;
  const answer = await callers['user']!('POST', `${members}?project=project2`, { body: { instance: 'vm2' } });
  expect([answer.status, answer.body.message]).toEqual([
    400,
    'instance "vm2" and multicast-group "news" are not in the same project',
  ]);
});

describe('what a caller may not see is told exactly as what is not there', () => {
  const nowhere = randomUUID();
  test.each<[string, string, () => string, string]>([
    ['user', 'GET', () => `${GROUPS}/${inFar.id}`, `${GROUPS}/${nowhere}`],
    ['user', 'PUT', () => `${GROUPS}/${inFar.id}`, `${GROUPS}/${nowhere}`],
    ['user', 'DELETE', () => `${GROUPS}/${inFar.id}`, `${GROUPS}/${nowhere}`],
    ['user', 'GET', () => `${GROUPS}?project=${rack.farProject.id}`, `${GROUPS}?project=${nowhere}`],
    ['user', 'GET', () => '/v1/ip-pools/distant', '/v1/ip-pools/nowhere'],
    ['user', 'GET', () => `${POOLS}/asm`, `${POOLS}/nowhere`],
    ['user', 'DELETE', () => `${POOLS}/asm`, `${POOLS}/nowhere`],
    ['user', 'GET', () => '/v1/system/silos/silo2/ip-pools', '/v1/system/silos/nowhere/ip-pools'],
    ['nobody', 'GET', () => `${GROUPS}/news?project=project1`, `${GROUPS}/nowhere?project=nowhere`],
    ['nobody', 'GET', () => `${GROUPS}?project=project1`, `${GROUPS}?project=nowhere`],
    ['operator', 'GET', () => `${GROUPS}/${group.id}`, `${GROUPS}/${nowhere}`],
  ])('%s %s', async (kind, method, hidden, absent) => {
    const call = callers[kind]!;
    const options = method === 'PUT' ? { body: { name: 'mine' } } : {};
    const [one, other] = [await call(method, hidden(), options), await call(method, absent, options)];
    expect([one.status, other.status]).toEqual([404, 404]);
    const told = (message: string) => message.replace(/"[^"]*"/, '…');
    expect(told(one.body.message)).toBe(told(other.body.message));
    expect(one.text).not.toContain('secret');
  });

  test("a pool that is only another silo's is not found when a group asks for it; nor is another silo's VPC", async () => {
    for (const wanted of [{ pool: 'distant' }, { vpc: randomUUID() }]) {
      const answer = await callers['user']!('POST', `${GROUPS}?project=project1`, {
        body: { ...body, name: 'x', ...wanted },
      });
      expect([answer.status, answer.body.message]).toEqual([
        404,
        expect.stringMatching(/^not found: (ip-pool|vpc) with/),
      ]);
    }
  });

  test('an address that a group of another silo has is in use, and by whom is not said', async () => {
    await callers['operator']!('POST', `${POOLS}/distant/silos`, { body: { silo: 'silo1', is_default: false } });
    const answer = await callers['user']!('POST', `${GROUPS}?project=project1`, {
      body: { ...body, name: 'x', pool: 'distant', multicast_ip: '224.2.0.1' },
    });
    expect(answer.body.message).toBe('multicast_ip: 224.2.0.1 is already in use by a multicast group');
  });

  test('without credentials every path says the same', async () => {
    const paths = [`${GROUPS}/${group.id}`, `${GROUPS}/${nowhere}`, `${POOLS}/asm`];
    const answers = await Promise.all(paths.map((path) => callers['user']!('GET', path, { token: 'wrong' })));
    for (const answer of answers)
      expect([answer.status, answer.body.message]).toEqual([401, 'credentials missing or invalid']);
  });
});

describe('the internal API', () => {
  let internal: InternalApi;
  beforeAll(async () => {
    internal = await startInternalApi();
  });
  afterAll(() => internal.close());

  test('names what a registration conflicts with', async () => {
    const { call } = internal;
    const { project, sleds, silo } = await registerRack(internal);
    const [first, second] = [randomUUID(), randomUUID()];
    const vpc = (name: string) => ({ project_id: project, name, vni: 3000 });
    const daemon = { slot: 0, dpd_address: '127.0.0.1:1' };
    await call('PUT', `/vpcs/${first}`, { body: vpc('blue') });
    await call('PUT', `/switches/${first}`, { body: daemon });
    const sled = { cubby: 0, agent_address: '127.0.0.1:2' };
    for (const [path, sent, message] of [
      [`/vpcs/${second}`, vpc('red'), `vni: vpc "blue" with id "${first}" has VNI 3000`],
      [`/switches/${second}`, daemon, `slot: switch "${first}" is registered in slot 0`],
      [`/sleds/${second}`, sled, `port: sled "${sleds[0]}" is registered at rear0`],
      [`/projects/${second}`, { silo_id: silo, name: 'one' }, 'already exists: project "one"'],
      [`/projects/${second}`, { silo_id: second, name: 'x' }, `silo_id: no silo with id "${second}"`],
    ] as const) {
      const answer = await call('PUT', path, { body: sent });
      expect([answer.status, answer.body.message]).toEqual([400, message]);
    }
  });
});
