/**
 * Every endpoint × every kind of caller, from one table. An endpoint that is missing in the table fails the first test. What a
 * caller may not see must look exactly like what does not exist.
 */
import { randomUUID } from 'node:crypto';
import { externalDocument } from '../../api/external-document';
import { createToken, type RoleGrant, type RoleName } from '../../db/access';
import { caller, type Call } from '../support/http';
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
let callers: Record<Kind, Call>;
let operator: Call;
let owner: Call;

const KINDS = [
  'nobody',
  'wrongToken',
  'expired',
  'fleetAdmin',
  'fleetCollaborator',
  'fleetViewer',
  'siloAdmin',
  'siloCollaborator',
  'siloViewer',
  'projectAdmin',
  'projectCollaborator',
  'projectViewer',
  'noRole',
  'otherProjectAdmin',
  'otherSiloAdmin',
] as const;
type Kind = (typeof KINDS)[number];
type Expected = Partial<Record<Kind, number>> & { others: number };

const NO_CREDENTIALS = { nobody: 401, wrongToken: 401, expired: 401 };
const projectRead = (ok: number): Expected => ({
  ...NO_CREDENTIALS,
  siloAdmin: ok,
  siloCollaborator: ok,
  siloViewer: ok,
  projectAdmin: ok,
  projectCollaborator: ok,
  projectViewer: ok,
  others: 404,
});
const projectWrite = (ok: number): Expected => ({ ...projectRead(ok), siloViewer: 403, projectViewer: 403 });
const fleetRead = (ok: number, others: number): Expected => ({
  ...NO_CREDENTIALS,
  fleetAdmin: ok,
  fleetCollaborator: ok,
  fleetViewer: ok,
  others,
});
const fleetWrite = (ok: number, others: number): Expected => ({
  ...fleetRead(ok, others),
  fleetCollaborator: 403,
  fleetViewer: 403,
});

/** What a request needs, made anew for each one. */
interface World {
  group: string;
  instance: string;
  pool: string;
  project: string;
  /** In no pool, unless the request is to remove it. */
  range: { first: string; last: string };
}

interface Endpoint {
  request: (world: World) => [method: string, path: string, body?: unknown];
  expected: Expected;
}

const group = ({ group: id }: World) => `/v1/multicast-groups/${id}`;
const pool = ({ pool: id }: World) => `/v1/system/ip-pools/${id}`;
const membership = (world: World) => `/v1/instances/${world.instance}/multicast-groups/${world.group}`;
const fresh = () => ({ name: `n-${randomUUID().slice(0, 8)}`, description: '' });

const TABLE: Record<string, Endpoint> = {
  multicast_group_list: {
    request: (w) => ['GET', `/v1/multicast-groups?project=${w.project}`],
    expected: projectRead(200),
  },
  multicast_group_create: {
    request: (w) => ['POST', `/v1/multicast-groups?project=${w.project}`, fresh()],
    expected: projectWrite(201),
  },
  multicast_group_view: { request: (w) => ['GET', group(w)], expected: projectRead(200) },
  multicast_group_update: { request: (w) => ['PUT', group(w), { description: 'x' }], expected: projectWrite(200) },
  multicast_group_delete: { request: (w) => ['DELETE', group(w)], expected: projectWrite(204) },
  multicast_group_member_list: { request: (w) => ['GET', `${group(w)}/members`], expected: projectRead(200) },
  multicast_group_member_add: {
    request: (w) => ['POST', `${group(w)}/members`, { instance: w.instance }],
    expected: projectWrite(201),
  },
  multicast_group_member_remove: {
    request: (w) => ['DELETE', `${group(w)}/members/${w.instance}`],
    expected: projectWrite(204),
  },
  instance_multicast_group_list: {
    request: (w) => ['GET', `/v1/instances/${w.instance}/multicast-groups`],
    expected: projectRead(200),
  },
  instance_multicast_group_join: { request: (w) => ['PUT', membership(w)], expected: projectWrite(201) },
  instance_multicast_group_leave: { request: (w) => ['DELETE', membership(w)], expected: projectWrite(204) },
  lookup_multicast_group_by_ip: {
    request: () => ['GET', '/v1/system/multicast-groups/by-ip/224.1.0.1'],
    expected: fleetRead(200, 403),
  },
  ip_pool_list: { request: () => ['GET', '/v1/system/ip-pools'], expected: fleetRead(200, 403) },
  ip_pool_create: { request: () => ['POST', '/v1/system/ip-pools', fresh()], expected: fleetWrite(201, 403) },
  ip_pool_view: { request: (w) => ['GET', pool(w)], expected: fleetRead(200, 404) },
  ip_pool_update: { request: (w) => ['PUT', pool(w), { description: 'x' }], expected: fleetWrite(200, 404) },
  ip_pool_delete: { request: (w) => ['DELETE', pool(w)], expected: fleetWrite(204, 404) },
  ip_pool_utilization_view: { request: (w) => ['GET', `${pool(w)}/utilization`], expected: fleetRead(200, 404) },
  ip_pool_range_list: { request: (w) => ['GET', `${pool(w)}/ranges`], expected: fleetRead(200, 404) },
  ip_pool_range_add: { request: (w) => ['POST', `${pool(w)}/ranges/add`, w.range], expected: fleetWrite(201, 404) },
  ip_pool_range_remove: {
    request: (w) => ['POST', `${pool(w)}/ranges/remove`, w.range],
    expected: fleetWrite(204, 404),
  },
  ip_pool_silo_list: { request: (w) => ['GET', `${pool(w)}/silos`], expected: fleetRead(200, 404) },
  ip_pool_silo_link: {
    request: (w) => ['POST', `${pool(w)}/silos`, { silo: 'silo2', is_default: false }],
    expected: fleetWrite(201, 404),
  },
  ip_pool_silo_update: {
    request: (w) => ['PUT', `${pool(w)}/silos/silo1`, { is_default: false }],
    expected: fleetWrite(200, 404),
  },
  ip_pool_silo_unlink: { request: (w) => ['DELETE', `${pool(w)}/silos/silo1`], expected: fleetWrite(204, 404) },
  silo_ip_pool_list: {
    request: () => ['GET', '/v1/system/silos/silo1/ip-pools'],
    expected: { ...fleetRead(200, 404), siloAdmin: 200, siloCollaborator: 200, siloViewer: 200 },
  },
  project_ip_pool_list: { request: () => ['GET', '/v1/ip-pools'], expected: { ...NO_CREDENTIALS, others: 200 } },
  project_ip_pool_view: {
    request: () => ['GET', '/v1/ip-pools/pool'],
    expected: { ...NO_CREDENTIALS, otherSiloAdmin: 404, others: 200 },
  },
};

beforeAll(async () => {
  api = await startExternalApi();
  rack = await makeRack(api.db);
  operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  owner = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'admin' }]);
  await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.9.250' });
  await owner('POST', `/v1/multicast-groups?project=project1`, {
    body: { name: 'first', description: '', multicast_ip: '224.1.0.1' },
  });
  callers = await makeCallers();
});
afterAll(() => api.close());

async function makeCallers(): Promise<Record<Kind, Call>> {
  const { silo, otherSilo, project, otherProject } = rack;
  const inFleet = (role: RoleName): RoleGrant[] => [{ scope: 'fleet', resourceId: null, role }];
  const inSilo = (id: string, role: RoleName): RoleGrant[] => [{ scope: 'silo', resourceId: id, role }];
  const inProject = (id: string, role: RoleName): RoleGrant[] => [{ scope: 'project', resourceId: id, role }];
  const past = await createToken(api.db, { siloId: silo.id, description: '', expires: new Date(Date.now() - 1_000) });
  return {
    nobody: caller(api.base),
    wrongToken: caller(api.base, { token: 'rackcast_0000000000000000000000000000000000000000000' }),
    expired: caller(api.base, { token: past.token }),
    fleetAdmin: operator,
    fleetCollaborator: await api.as(silo.id, inFleet('collaborator')),
    fleetViewer: await api.as(silo.id, inFleet('viewer')),
    siloAdmin: owner,
    siloCollaborator: await api.as(silo.id, inSilo(silo.id, 'collaborator')),
    siloViewer: await api.as(silo.id, inSilo(silo.id, 'viewer')),
    projectAdmin: await api.as(silo.id, inProject(project.id, 'admin')),
    projectCollaborator: await api.as(silo.id, inProject(project.id, 'collaborator')),
    projectViewer: await api.as(silo.id, inProject(project.id, 'viewer')),
    noRole: await api.as(silo.id, []),
    otherProjectAdmin: await api.as(silo.id, inProject(otherProject.id, 'admin')),
    otherSiloAdmin: await api.as(otherSilo.id, inSilo(otherSilo.id, 'admin')),
  };
}

let worlds = 0;

async function makeWorld(operationId = ''): Promise<World> {
  const made = (await owner('POST', '/v1/multicast-groups?project=project1', { body: fresh() })).body;
  await activate(api.db, made.id);
  const instance = await makeInstance(api.db, rack.project.id, `vm-${randomUUID().slice(0, 8)}`);
  await owner('PUT', `/v1/instances/${instance.id}/multicast-groups/${made.id}`);
  const body = { ...fresh(), pool_type: 'multicast' };
  const free = (await operator('POST', '/v1/system/ip-pools', { body })).body;
  await operator('POST', `/v1/system/ip-pools/${free.id}/silos`, { body: { silo: 'silo1', is_default: false } });
  worlds++;
  const range = { first: `238.${worlds >> 8}.${worlds & 255}.1`, last: `238.${worlds >> 8}.${worlds & 255}.9` };
  if (operationId === 'ip_pool_range_remove') {
    await operator('POST', `/v1/system/ip-pools/${free.id}/ranges/add`, { body: range });
  }
  return { group: made.id, instance: instance.id, pool: free.id, project: rack.project.id, range };
}

test('the table has every endpoint', async () => {
  const { paths } = (await externalDocument()) as { paths: Record<string, Record<string, { operationId: string }>> };
  const served = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(Object.keys(TABLE).sort()).toEqual(served.sort());
});

test.each(Object.entries(TABLE))('%s', async (operationId, { request, expected }) => {
  const statuses: Partial<Record<Kind, number>> = {};
  const shared = await makeWorld(operationId);
  const ask = async (kind: Kind) => {
    // Who is let through may change the world; who is not must find it whole, or is told about another reason.
    const changes = (expected[kind] ?? expected.others) < 300 && request(shared)[0] !== 'GET';
    const [method, path, body] = request(changes ? await makeWorld(operationId) : shared);
    statuses[kind] = (await callers[kind](method, path, { body })).status;
  };
  await Promise.all(KINDS.map(ask));
  expect(statuses).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, expected[kind] ?? expected.others])));
});

test.each(Object.entries(TABLE))('%s tells who may not see nothing', async (_operationId, { request, expected }) => {
  const hidden = KINDS.filter((kind) => (expected[kind] ?? expected.others) === 404);
  const world = await makeWorld();
  const missing = { ...world, group: randomUUID(), instance: randomUUID(), pool: randomUUID(), project: randomUUID() };
  const anonymous = (answer: { body: { message: string } }) => answer.body.message.replace(/"[0-9a-f-]{36}"/, '"…"');
  for (const kind of hidden) {
    const texts = [];
    for (const ids of [world, missing]) {
      const [method, path, body] = request(ids);
      texts.push(anonymous(await callers[kind](method, path, { body })));
    }
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toMatch(/^not found: /);
  }
});

test('joining and leaving need Modify on both sides', async () => {
  const { project, otherProject, silo } = rack;
  const roles: RoleGrant[] = [
    { scope: 'project', resourceId: project.id, role: 'collaborator' },
    { scope: 'project', resourceId: otherProject.id, role: 'viewer' },
  ];
  const both = await api.as(silo.id, roles);
  const world = await makeWorld();
  const machine = await makeInstance(api.db, otherProject.id, 'seen-only');
  const foreign = (await owner('POST', '/v1/multicast-groups?project=project2', { body: fresh() })).body;
  const byInstance = `/v1/instances/${machine.id}/multicast-groups/${world.group}`;
  const byGroup = `/v1/instances/${world.instance}/multicast-groups/${foreign.id}`;
  for (const path of [byInstance, byGroup]) {
    expect((await both('PUT', path)).status).toBe(403);
    expect((await both('DELETE', path)).status).toBe(403);
  }
  expect(
    (await both('POST', `/v1/multicast-groups/${world.group}/members`, { body: { instance: machine.id } })).status,
  ).toBe(403);
  const hiddenMachine = await makeInstance(api.db, rack.farProject.id, 'unseen');
  expect((await both('PUT', `/v1/instances/${hiddenMachine.id}/multicast-groups/${world.group}`)).status).toBe(404);
});

test('a name leads into the own silo only', async () => {
  const { body } = await callers.otherSiloAdmin('GET', '/v1/multicast-groups?project=project1');
  expect(body.items).toEqual([]);
  expect((await callers.otherSiloAdmin('GET', '/v1/multicast-groups/first?project=project1')).status).toBe(404);
});

test.each(['PATCH', 'POST', 'TRACE-ME'])('a method that is not there is 405 with Allow: %s', async (method) => {
  const path = '/v1/multicast-groups/x';
  const answer = await owner(method === 'TRACE-ME' ? 'OPTIONS' : method, path, method === 'PATCH' ? { body: {} } : {});
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'DELETE, GET, PUT']);
});

test('a revoked token is no token', async () => {
  const gone = await api.as(rack.silo.id, []);
  expect((await gone('GET', '/v1/ip-pools')).status).toBe(200);
  await api.db.execute(`delete from api_token where actor_id = '${gone.actorId}'`);
  const answer = await gone('GET', '/v1/ip-pools');
  expect([answer.status, answer.body.error_code, answer.headers.get('www-authenticate')]).toEqual([
    401,
    'Unauthorized',
    'Bearer',
  ]);
});
