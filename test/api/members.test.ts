/** Joining and leaving, through both endpoints, and the lists that show it. */
import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { instance } from '../../db/schema';
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

beforeAll(async () => {
  api = await startExternalApi();
  rack = await makeRack(api.db);
  const operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'collaborator' }]);
  await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.0.250' });
});
afterAll(() => api.close());

let made = 0;
const group = async (project = 'project1'): Promise<{ id: string; name: string }> => {
  const body = { name: `g${++made}`, description: '' };
  return (await user('POST', `/v1/multicast-groups?project=${project}`, { body })).body;
};
const vm = (sledId: string | null = rack.sledId, project = rack.project) =>
  makeInstance(api.db, project.id, `vm${++made}`, sledId);
const row = async (memberId: string) =>
  (
    await api.db.execute(sql`
    select m.state, m.sled_id, m.propolis_id, m.target_sled_id, m.generation, m.time_deleted is not null as ended, g.requested
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id where m.id = ${memberId}`)
  )[0];

test('joining answers with the member and asks the group to converge', async () => {
  const [{ id }, machine] = [await group(), await vm()];
  const answer = await user('PUT', `/v1/instances/${machine.id}/multicast-groups/${id}`);
  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({
    id: expect.any(String),
    name: `member-${answer.body.id}`,
    description: `multicast group member ${answer.body.id}`,
    time_created: expect.any(String),
    time_modified: expect.any(String),
    multicast_group_id: id,
    instance_id: machine.id,
    state: 'Joining',
  });
  expect(await row(answer.body.id)).toMatchObject({
    state: 'joining',
    sled_id: rack.sledId,
    propolis_id: machine.propolisId,
    generation: 2,
    requested: 2,
  });
  const members = await user('GET', `/v1/multicast-groups/${id}/members`);
  expect(members.body.items).toEqual([answer.body]);
  const groups = await user('GET', `/v1/instances/${machine.id}/multicast-groups`);
  expect(groups.body).toEqual({ items: [answer.body], next_page: null });
});

test('a stopped instance has no place yet; one that migrates has two', async () => {
  const { id } = await group();
  const stopped = await user('POST', `/v1/multicast-groups/${id}/members`, { body: { instance: (await vm(null)).id } });
  expect(stopped.body.state).toBe('Joining');
  expect(await row(stopped.body.id)).toMatchObject({ sled_id: null, propolis_id: null });
  const moving = await vm();
  const target = { targetSledId: randomUUID(), targetPropolisId: randomUUID() };
  await api.db.update(instance).set(target).where(eq(instance.id, moving.id));
  const joined = await user('PUT', `/v1/instances/${moving.id}/multicast-groups/${id}`);
  expect(await row(joined.body.id)).toMatchObject({ sled_id: rack.sledId, target_sled_id: target.targetSledId });
});

test.each(['joining', 'joined'])('a member that is %s stays as it is, with the same id', async (state) => {
  const [{ id }, machine] = [await group(), await vm()];
  const path = `/v1/instances/${machine.id}/multicast-groups/${id}`;
  const first = await user('PUT', path);
  await api.db.execute(sql`update multicast_group_member set state = ${state} where id = ${first.body.id}`);
  const before = await row(first.body.id);
  const again = await user('PUT', path, { body: {} });
  expect([again.status, again.body.id, again.body.state.toLowerCase()]).toEqual([201, first.body.id, state]);
  expect((await row(first.body.id))?.['generation']).toBe(before?.['generation']);
});

test('a member that is Left is wanted again, where the instance is now', async () => {
  const [{ id }, machine] = [await group(), await vm()];
  const path = `/v1/instances/${machine.id}/multicast-groups/${id}`;
  const first = await user('PUT', path);
  await api.db.execute(sql`
    update multicast_group_member set state = 'left', sled_id = null, propolis_id = null where id = ${first.body.id}`);
  const again = await user('PUT', path);
  expect(again.body).toMatchObject({ id: first.body.id, state: 'Joining' });
  const now = await row(first.body.id);
  expect(now).toMatchObject({ sled_id: rack.sledId });
  expect(now?.['generation']).toBe(now?.['requested']);
});

test('leaving is idempotent, keeps a tombstone, and a later join is a new member', async () => {
  const [{ id }, machine] = [await group(), await vm()];
  const path = `/v1/instances/${machine.id}/multicast-groups/${id}`;
  const first = await user('PUT', path);
  const left = await user('DELETE', `/v1/multicast-groups/${id}/members/${machine.id}`);
  expect([left.status, left.text]).toEqual([204, '']);
  const tombstone = await row(first.body.id);
  expect(tombstone).toMatchObject({ ended: true, sled_id: null, propolis_id: null });
  expect(tombstone?.['generation']).toBe(tombstone?.['requested']);
  expect((await user('GET', `/v1/multicast-groups/${id}/members`)).body).toEqual({ items: [], next_page: null });
  expect((await user('DELETE', path)).status).toBe(204);
  const second = await user('PUT', path);
  expect(second.status).toBe(201);
  expect(second.body.id).not.toBe(first.body.id);
});

test('selectors are resolved each on its own', async () => {
  const [g, machine] = [await group(), await vm()];
  const put = (instanceBy: string, groupBy: string, query = '') =>
    user('PUT', `/v1/instances/${instanceBy}/multicast-groups/${groupBy}${query}`);
  expect((await put(machine.name, g.name, '?project=project1')).status).toBe(201);
  expect((await put(machine.id, g.name, '?project=project1')).status).toBe(201);
  expect((await put(machine.name, g.id, '?project=project1')).status).toBe(201);
  expect((await put(machine.id, g.id)).status).toBe(201);
  expect((await put(machine.id, g.id, '?project=project1')).status).toBe(400);
  expect((await put(machine.name, g.name)).status).toBe(400);
  expect((await put(machine.id, g.name)).status).toBe(400);
  expect((await put(machine.name, g.id)).status).toBe(400);
  const missing = await put('nobody', g.name, '?project=project1');
  expect([missing.status, missing.body.message]).toEqual([404, 'not found: instance with name "nobody"']);
  const id = randomUUID();
  expect((await user('DELETE', `/v1/multicast-groups/${g.id}/members/${id}`)).body.message).toBe(
    `not found: instance with id "${id}"`,
  );
});

test('a membership across projects is refused, by name or by id', async () => {
  const [g, machine] = [await group('project2'), await vm()];
  const byId = await user('PUT', `/v1/instances/${machine.id}/multicast-groups/${g.id}`);
  expect([byId.status, byId.body.message]).toEqual([400, expect.stringContaining('not in the same project')]);
  const mixed = await user('PUT', `/v1/instances/${machine.id}/multicast-groups/${g.name}?project=project2`);
  expect(mixed.status).toBe(400);
  const body = { instance: machine.id };
  expect((await user('POST', `/v1/multicast-groups/${g.id}/members`, { body })).status).toBe(400);
});

test('an instance is in at most 32 groups, also when all are joined at once', async () => {
  const machine = await vm();
  const groups = await Promise.all(Array.from({ length: 34 }, () => group()));
  const answers = await Promise.all(
    groups.map(({ id }) => user('PUT', `/v1/instances/${machine.id}/multicast-groups/${id}`)),
  );
  const refused = answers.filter(({ status }) => status === 400);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(32);
  expect(refused.map(({ body }) => body.message)).toEqual(Array(2).fill(expect.stringContaining('the most is 32')));
  expect((await user('GET', `/v1/instances/${machine.id}/multicast-groups`)).body.items).toHaveLength(32);
});

test('joins of one membership at once make one member', async () => {
  const [{ id }, machine] = [await group(), await vm()];
  const path = `/v1/instances/${machine.id}/multicast-groups/${id}`;
  const answers = await Promise.all(Array.from({ length: 20 }, () => user('PUT', path)));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.every(({ status }) => status === 201)).toBe(true);
});

test('joins, leaves and deletions crossing each other never deadlock', async () => {
  const groups = await Promise.all(Array.from({ length: 4 }, () => group()));
  const machines = await Promise.all(Array.from({ length: 4 }, () => vm()));
  const calls = machines.flatMap((machine) =>
    groups.flatMap(({ id }) => [
      user('PUT', `/v1/instances/${machine.id}/multicast-groups/${id}`),
      user('DELETE', `/v1/instances/${machine.id}/multicast-groups/${id}`),
    ]),
  );
  const answers = await Promise.all([
    ...calls,
    ...groups.map(({ id }) => user('DELETE', `/v1/multicast-groups/${id}`)),
  ]);
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
});

test('instances that are gone cannot join', async () => {
  const [{ id }, machine] = [await group(), await vm()];
  await api.db.execute(sql`update instance set time_deleted = now() where id = ${machine.id}`);
  expect((await user('PUT', `/v1/instances/${machine.id}/multicast-groups/${id}`)).status).toBe(404);
});

test.each([{}, { instance: null }, { instance: 7 }, { instance: 'Bad Name' }, [], 'x'])(
  'a body of %j is refused',
  async (body) => {
    const { id } = await group();
    const answer = await user('POST', `/v1/multicast-groups/${id}/members`, { body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
  },
);
