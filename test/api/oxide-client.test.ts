/**
 * The published client of the Oxide API, unchanged, against a real listener. It is of a later version: `project` goes past its
 * types, its join always sends a body, and its api-version header means nothing here.
 */
import Api from '@oxide/api';
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
let client: Api;

beforeAll(async () => {
  api = await startExternalApi();
  rack = await makeRack(api.db);
  const operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  const user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'collaborator' }]);
  await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.0.250' });
  for (const name of ['news', 'video']) {
    const { body } = await user('POST', '/v1/multicast-groups?project=project1', {
      body: { name, description: `about ${name}` },
    });
    await activate(api.db, body.id);
  }
  await makeInstance(api.db, rack.project.id, 'vm1', rack.sledId);
  client = new Api({ host: api.base, token: user.token });
});
afterAll(() => api.close());

/** Past the client's types: they know no project here. */
const project = { project: 'project1' } as object;

function data<T>(result: { type: 'success'; data: T } | { type: 'error' | 'client_error' }): T {
  if (result.type !== 'success') throw new Error(JSON.stringify(result));
  return result.data;
}

test('lists and views', async () => {
  const page = data(await client.methods.multicastGroupList({ query: { ...project, limit: 1 } }));
  expect(page.items).toHaveLength(1);
  expect(page.items[0]).toMatchObject({
    name: 'news',
    description: 'about news',
    multicastIp: '224.1.0.1',
    state: 'Active',
  });
  expect(page.items[0]?.timeCreated).toBeInstanceOf(Date);
  const next = data(await client.methods.multicastGroupList({ query: { pageToken: page.nextPage ?? null, limit: 1 } }));
  expect(next.items.map((group) => group.name)).toEqual(['video']);
  const viewed = data(await client.methods.multicastGroupView({ path: { multicastGroup: page.items[0]?.id ?? '' } }));
  expect(viewed).toEqual(page.items[0]);
});

test('joins, lists members and leaves, by name and by id', async () => {
  const path = { instance: 'vm1', multicastGroup: 'news' };
  const member = data(await client.methods.instanceMulticastGroupJoin({ path, query: project, body: {} }));
  expect(member).toMatchObject({
    state: 'Joining',
    multicastGroupId: expect.any(String),
    instanceId: expect.any(String),
  });
  const again = data(
    await client.methods.instanceMulticastGroupJoin({
      path: { instance: member.instanceId, multicastGroup: member.multicastGroupId },
      body: { sourceIps: null },
    }),
  );
  expect(again.id).toBe(member.id);
  const { items } = data(
    await client.methods.multicastGroupMemberList({ path: { multicastGroup: member.multicastGroupId } }),
  );
  expect(items).toEqual([member]);
  const groups = data(await client.methods.instanceMulticastGroupList({ path: { instance: 'vm1' }, query: project }));
  expect(groups.items).toEqual([member]);
  const left = await client.methods.instanceMulticastGroupLeave({ path, query: project });
  expect([left.type, left.response.status]).toEqual(['success', 204]);
  const none = data(await client.methods.instanceMulticastGroupList({ path: { instance: 'vm1' }, query: project }));
  expect(none).toEqual({ items: [], nextPage: null });
});

test('reads errors', async () => {
  const result = await client.methods.multicastGroupView({ path: { multicastGroup: 'news' } });
  expect(result).toMatchObject({
    type: 'error',
    data: { errorCode: 'InvalidRequest', message: expect.stringContaining('project'), requestId: expect.any(String) },
  });
});
