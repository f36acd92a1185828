/** Who may do what, on a running stack: what is refused reaches neither rows nor switches. The whole table is permissions.test.ts. */
import { randomUUID } from 'node:crypto';
import type { Call } from '../../support/http';
import { startRunning, type Group, type Running } from '../../support/running';
import type { Vm } from '../../support/vm';

let stack: Running;
let group: Group;
let vm: Vm;
const callers: Record<string, Call> = {};
beforeAll(async () => {
  stack = await startRunning();
  group = await stack.group('guarded');
  vm = await stack.runningVm([], 0);
  const onProject = (role: 'viewer' | 'collaborator') =>
    stack.as([{ scope: 'project', resourceId: stack.project.id, role }]);
  callers['viewer'] = await onProject('viewer');
  callers['collaborator'] = await onProject('collaborator');
  callers['nobody'] = await stack.as([]);
  const other = randomUUID();
  await stack.emitter.putSilo(other, { name: 'other-silo' });
  callers['stranger'] = await stack.as([{ scope: 'silo', resourceId: other, role: 'admin' }], other);
  callers['operator'] = stack.operator;
  callers['anonymous'] = (method, path, options) => stack.user(method, path, { ...options, token: '' });
});
afterAll(() => stack.close());

const attempts = (): [string, string, object?][] => [
  ['PUT', `/v1/multicast-groups/${group.id}`, { name: 'taken-over' }],
  ['PUT', `/v1/instances/${vm.id}/multicast-groups/${group.id}`],
  ['POST', `/v1/multicast-groups/${group.id}/members`, { instance: vm.id }],
  ['DELETE', `/v1/multicast-groups/${group.id}`],
];

test.each([
  ['viewer', 403],
  ['nobody', 404],
  ['stranger', 404],
  ['operator', 404],
  ['anonymous', 401],
])('%s may change nothing: %i, and rows and switches are as before', async (kind, status) => {
  const writes = stack.rack.writes();
  const before = (await stack.view(group.id)).body;
  for (const [method, path, body] of attempts()) {
    const answer = await callers[kind]!(method, path, body === undefined ? {} : { body });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('guarded');
  }
  expect((await stack.view(group.id)).body).toEqual(before);
  expect(await stack.members(group.id)).toEqual({});
  expect(stack.rack.writes()).toEqual(writes);
});

test('a collaborator of the project joins, leaves and deletes', async () => {
  const call = callers['collaborator']!;
  const path = `/v1/instances/${vm.id}/multicast-groups/${group.id}`;
  expect((await call('PUT', path)).status).toBe(201);
  await stack.portsBecome(group.multicast_ip, ['rear1']);
  expect((await call('DELETE', path)).status).toBe(204);
  await stack.portsBecome(group.multicast_ip, []);
  const own = await stack.group('own');
  expect((await call('DELETE', `/v1/multicast-groups/${own.id}`)).status).toBe(204);
  await stack.groupIsGone(own.id);
});

test('a token made over the internal API works, and is nobody once revoked', async () => {
  const actor = randomUUID();
  const made = await stack.nexus('POST', '/tokens', { body: { silo_id: stack.silo.id, actor_id: actor } });
  expect(made.status).toBe(201);
  const call: Call = (method, path, options) => stack.user(method, path, { ...options, token: made.body.token });
  expect((await call('GET', `/v1/multicast-groups/${group.id}`)).status).toBe(404);
  const role = { scope: 'project', resource_id: stack.project.id, role: 'viewer' };
  expect((await stack.nexus('PUT', `/actors/${actor}/roles`, { body: role })).status).toBe(201);
  expect((await call('GET', `/v1/multicast-groups/${group.id}`)).status).toBe(200);
  expect((await stack.nexus('DELETE', `/tokens/${made.body.id}`)).status).toBe(204);
  expect((await call('GET', `/v1/multicast-groups/${group.id}`)).status).toBe(401);
});
