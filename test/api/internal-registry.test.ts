/** The registry: idempotent, guarded, and a sled that moves takes its members along. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { findToken, hashToken } from '../../db/access';
import { registerRack, startInternalApi, type InternalApi, type Rack } from '../support/internal-api';

let api: InternalApi;
let rack: Rack;

beforeAll(async () => {
  api = await startInternalApi();
  rack = await registerRack(api);
});
afterAll(() => api.close());

const put = (path: string, body: unknown) => api.call('PUT', path, { body });
const remove = (path: string) => api.call('DELETE', path);
const get = (path: string) => api.call('GET', path);

test('putting twice changes nothing, deleting twice is not found', async () => {
  const [silo, project, vpc, sled, rackSwitch] = Array.from({ length: 5 }, () => randomUUID());
  const things: [string, object, object][] = [
    [`/silos/${silo}`, { name: 'other' }, { id: silo, name: 'other' }],
    [`/projects/${project}`, { silo_id: silo, name: 'one' }, { id: project, silo_id: silo, name: 'one' }],
    [
      `/vpcs/${vpc}`,
      { project_id: project, name: 'default', vni: 0xffffff },
      { id: vpc, project_id: project, vni: 0xffffff },
    ],
    [
      `/sleds/${sled}`,
      { port: 'rear31', agent_address: '[::1]:8080', agent_api_version: 4 },
      { cubby: 31, port: 'rear31', agent_address: 'http://[::1]:8080', agent_api_version: 4 },
    ],
    [
      `/switches/${rackSwitch}`,
      { slot: 0, dpd_address: 'http://127.0.0.1:1/' },
      { name: 'switch0', dpd_address: 'http://127.0.0.1:1', service: 'unreachable', last_error: null },
    ],
  ];
  for (const [path, body, view] of things) {
    const first = await put(path, body);
    expect([first.status, first.body]).toEqual([201, expect.objectContaining(view)]);
    const second = await put(path, body);
    expect([second.status, second.body]).toEqual([200, { ...first.body, time_modified: expect.any(String) }]);
    expect((await get(path)).body).toEqual(second.body);
    const list = await get(`${path.slice(0, path.lastIndexOf('/'))}?limit=1000`);
    expect(list.body.items).toContainEqual(second.body);
  }
  expect(api.temporal.triggered).toContain('switch-health');
  for (const [path] of things.toReversed()) {
    expect((await remove(path)).status).toBe(204);
    expect((await remove(path)).status).toBe(404);
    expect((await get(path)).status).toBe(404);
  }
});

test('what does not fit is refused with the field', async () => {
  const id = randomUUID();
  await put(`/vpcs/${randomUUID()}`, { project_id: rack.project, name: 'taken', vni: 4242 });
  const refused: [string, object, RegExp][] = [
    [`/silos/${id}`, { name: 'silo' }, /already exists: silo "silo"/],
    [`/silos/${id}`, { name: 'Silo' }, /name: /],
    [`/silos/x`, { name: 'y' }, /silo: expected a UUID/],
    [`/projects/${id}`, { silo_id: id, name: 'p' }, /silo_id: no silo/],
    [`/projects/${id}`, { silo_id: rack.silo, name: 'one' }, /already exists: project/],
    [`/vpcs/${id}`, { project_id: id, name: 'v', vni: 1 }, /project_id: no project/],
    [`/vpcs/${id}`, { project_id: rack.project, name: 'v', vni: 0x1000000 }, /vni: /],
    [`/vpcs/${id}`, { project_id: rack.project, name: 'v', vni: 4242 }, /vni: vpc "taken" .* has VNI 4242/],
    [`/vpcs/${id}`, { project_id: rack.project, name: 'taken', vni: 1 }, /already exists: vpc/],
    [`/sleds/${id}`, { agent_address: '127.0.0.1:1' }, /port: either/],
    [`/sleds/${id}`, { port: 'rear32', agent_address: '127.0.0.1:1' }, /port: expected rear0/],
    [`/sleds/${id}`, { port: 'rear5', cubby: 6, agent_address: '127.0.0.1:1' }, /cubby: .*contradict/],
    [`/sleds/${id}`, { port: 'rear0', agent_address: '127.0.0.1:1' }, /port: sled ".*" is registered at rear0/],
    [`/sleds/${id}`, { port: 'rear9', agent_address: 'no way' }, /agent_address: /],
    [`/sleds/${id}`, { port: 'rear9', agent_address: 'http://a/b' }, /agent_address: /],
    [`/switches/${id}`, { slot: 32, dpd_address: '127.0.0.1:1' }, /slot: /],
    [`/switches/${id}`, { slot: 1 }, /dpd_address: /],
  ];
  for (const [path, body, message] of refused) {
    const answer = await put(path, body);
    expect({ body, status: answer.status, message: answer.body.message }).toEqual({
      body,
      status: 400,
      message: expect.stringMatching(message),
    });
  }
});

test('nothing is removed from under what needs it, and the answer names one', async () => {
  const vpc = randomUUID();
  await put(`/vpcs/${vpc}`, { project_id: rack.project, name: 'guarded', vni: 99 });
  await api.db.execute(sql`update multicast_group set vpc_id = ${vpc} where id = ${rack.groups[0]!}`);
  const instance = randomUUID();
  const post = (event: object) =>
    api.call('POST', `/instances/${instance}/events`, { body: { event_id: randomUUID(), ...event } });
  const project = randomUUID();
  await put(`/projects/${project}`, { silo_id: rack.silo, name: 'used' });
  await post({ kind: 'create', generation: 1, project_id: project, name: 'web' });
  await post({ kind: 'start', generation: 2, sled_id: rack.sleds[1], propolis_id: randomUUID() });
  const guarded: [string, RegExp][] = [
    [`/vpcs/${vpc}`, /multicast-group "g0"/],
    [`/projects/${rack.project}`, /multicast-group "g\d"/],
    [`/projects/${project}`, /instance "web"/],
    [`/silos/${rack.silo}`, /project "\w+"/],
    [`/sleds/${rack.sleds[1]}`, new RegExp(`accepted event of instance ${instance}`)],
  ];
  for (const [path, message] of guarded) {
    const answer = await remove(path);
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)]);
    expect((await get(path)).status).toBe(200);
  }
  expect((await put(`/vpcs/${vpc}`, { project_id: rack.project, name: 'guarded', vni: 100 })).status).toBe(400);
  expect((await put(`/vpcs/${vpc}`, { project_id: rack.project, name: 'renamed', vni: 99 })).status).toBe(200);
  await post({ kind: 'delete', generation: 3 });
  expect((await remove(`/projects/${project}`)).status).toBe(204);
  expect((await post({ kind: 'create', generation: 4, project_id: project, name: 'web' })).status).toBe(400);
});

test('a sled that moves asks every group with a member there, once', async () => {
  const sled = randomUUID();
  await put(`/sleds/${sled}`, { cubby: 20, agent_address: '127.0.0.1:1', agent_api_version: 5 });
  const member = (group: string, columns: string, instance = randomUUID()) =>
    api.db.execute(sql`
      insert into multicast_group_member (id, external_group_id, parent_id, state, generation, ${sql.raw(columns)})
      values (${randomUUID()}, ${group}, ${instance}, 'joined', 1, ${sled}, ${randomUUID()})`);
  await member(rack.groups[0]!, 'sled_id, propolis_id');
  await member(rack.groups[0]!, 'sled_id, propolis_id');
  await member(rack.groups[1]!, 'target_sled_id, target_propolis_id');
  const rackSwitch = randomUUID();
  for (const port of ['rear20', 'rear21', 'rear3'])
    await api.db.execute(sql`
      insert into refused_port (switch_id, group_id, port, incarnation, reason) values (${rackSwitch}, ${rack.groups[0]!}, ${port}, 1, 'x')`);
  const requested = async () =>
    [
      ...(await api.db.execute(sql`select requested from multicast_group where id in ${rack.groups} order by name`)),
    ].map((row) => row['requested']);

  const before = await requested();
  await put(`/sleds/${sled}`, { cubby: 20, agent_address: '127.0.0.1:2' });
  expect(await requested()).toEqual(before);
  expect((await get(`/sleds/${sled}`)).body.agent_api_version).toBeNull();
  api.temporal.woken.length = 0;
  expect((await put(`/sleds/${sled}`, { cubby: 21, agent_address: '127.0.0.1:2' })).body.port).toBe('rear21');
  expect(await requested()).toEqual(before.map((value, n) => Number(value) + (n < 2 ? 1 : 0)));
  expect(api.temporal.woken.toSorted()).toEqual(rack.groups.slice(0, 2).toSorted());
  expect([...(await api.db.execute(sql`select port from refused_port`))]).toEqual([{ port: 'rear3' }]);
  expect((await remove(`/sleds/${sled}`)).body.message).toMatch(/multicast-group "g\d" has a member on it/);
});

test('a switch at another address is another switch until it is known', async () => {
  const id = randomUUID();
  await put(`/switches/${id}`, { slot: 7, dpd_address: '127.0.0.1:1' });
  const serve = sql`update switch set service = 'in_service', incarnation = 5, ports = '{rear0}', swept = true where id = ${id}`;
  await api.db.execute(serve);
  expect((await put(`/switches/${id}`, { slot: 7, dpd_address: '127.0.0.1:1' })).body.service).toBe('in_service');
  expect((await put(`/switches/${id}`, { slot: 7, dpd_address: '127.0.0.1:2' })).body.service).toBe('unreachable');
  const [row] = await api.db.execute(sql`select incarnation, ports, swept from switch where id = ${id}`);
  expect(row).toEqual({ incarnation: 0, ports: null, swept: false });
  await api.db.execute(sql`
    insert into switch_ack (switch_id, group_id, config_generation, round, incarnation, suspect) values (${id}, ${rack.groups[2]!}, 3, 4, 0, false)`);
  const group = (await get(`/groups/${rack.groups[2]}/status`)).body;
  expect(group).toMatchObject({ name: 'g2', state: 'creating', requested: 0, degraded: [], members: [], flows: [] });
  expect(group.switches).toEqual([
    expect.objectContaining({ name: 'switch7', config_generation: 3, current: true, suspect: false }),
  ]);
  expect((await get(`/groups/${randomUUID()}/status`)).status).toBe(404);
  await remove(`/switches/${id}`);
  expect([...(await api.db.execute(sql`select 1 from switch_ack`))]).toEqual([]);
});

test('memberships as a VMM registration takes them', async () => {
  const instance = randomUUID();
  await api.call('POST', `/instances/${instance}/events`, {
    body: {
      event_id: randomUUID(),
      kind: 'create',
      generation: 1,
      project_id: rack.project,
      name: 'member',
      multicast_groups: ['g2', 'g1'],
    },
  });
  for (const group of [rack.groups[1]!, rack.groups[2]!])
    await api.db.execute(sql`
      insert into multicast_group_member (id, external_group_id, parent_id, state, generation) values (${randomUUID()}, ${group}, ${instance}, 'left', 1)`);
  await api.db.execute(
    sql`update multicast_group set source_ips = '{10.0.0.2,10.0.0.1}' where id = ${rack.groups[2]!}`,
  );
  expect((await get(`/instances/${instance}/multicast-memberships`)).body).toEqual([
    { group_ip: '224.1.2.2', sources: [] },
    { group_ip: '224.1.2.3', sources: ['10.0.0.1', '10.0.0.2'] },
  ]);
});

test('a token is shown once, stored hashed, and revoked', async () => {
  const made = await api.call('POST', '/tokens', { body: { silo_id: rack.silo, description: 'ci' } });
  expect(made.status).toBe(201);
  const { id, token, actor_id: actor } = made.body;
  expect(JSON.stringify([...(await api.db.execute(sql`select * from api_token`))])).not.toContain(token);
  const list = await get('/tokens');
  expect(list.text).not.toContain(token);
  expect(list.body.items).toEqual([
    expect.objectContaining({ id, actor_id: actor, description: 'ci', time_expires: null }),
  ]);

  const grant = (body: object) => api.call('PUT', `/actors/${actor}/roles`, { body });
  expect((await grant({ scope: 'fleet', role: 'viewer' })).status).toBe(201);
  expect((await grant({ scope: 'fleet', role: 'viewer' })).status).toBe(200);
  expect((await grant({ scope: 'silo', resource_id: rack.silo, role: 'admin' })).status).toBe(201);
  expect((await grant({ scope: 'silo', role: 'admin' })).body.message).toMatch(/resource_id: /);
  expect((await grant({ scope: 'project', resource_id: randomUUID(), role: 'admin' })).status).toBe(400);
  expect((await grant({ scope: 'fleet', role: 'king' })).status).toBe(400);
  expect((await findToken(api.db, hashToken(token)))?.roles).toEqual(
    expect.arrayContaining([
      { scope: 'fleet', resourceId: null, role: 'viewer' },
      { scope: 'silo', resourceId: rack.silo, role: 'admin' },
    ]),
  );
  const revoke = () => api.call('DELETE', `/actors/${actor}/roles`, { body: { scope: 'fleet', role: 'viewer' } });
  expect([(await revoke()).status, (await revoke()).status]).toEqual([204, 404]);
  expect([(await remove(`/tokens/${id}`)).status, (await remove(`/tokens/${id}`)).status]).toEqual([204, 404]);
  expect(await findToken(api.db, hashToken(token))).toBeNull();

  const old = await api.call('POST', '/tokens', { body: { silo_id: rack.silo, expires: '2020-01-01T00:00:00Z' } });
  expect(await findToken(api.db, hashToken(old.body.token))).toBeNull();
  expect((await api.call('POST', '/tokens', { body: { silo_id: randomUUID() } })).status).toBe(400);
});

test('operations and health', async () => {
  expect((await api.call('POST', '/reconcile')).body).toEqual({ schedule_id: 'reconcile' });
  expect((await get('/settings/multicast')).body).toEqual({ enabled: true });
  expect((await put('/settings/multicast', { enabled: 'yes' })).status).toBe(400);
  expect((await api.call('GET', '/healthz', { token: '' })).status).toBe(200);
  expect((await api.call('GET', '/readyz', { token: '' })).body).toEqual({ status: 'ok' });
  expect((await api.call('GET', '/silos', { token: '' })).status).toBe(401);
  expect((await api.call('PATCH', `/silos/${rack.silo}`)).headers.get('allow')).toBe('DELETE, GET, PUT');
});
