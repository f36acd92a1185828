/** Groups over HTTP, down to both switches: made, changed as a saga, and ended. */
import { sql } from 'drizzle-orm';
import { startRunning, type Group, type Running } from '../../support/running';

let stack: Running;
beforeAll(async () => {
  stack = await startRunning();
});
afterAll(() => stack.close());
afterEach(() => {
  for (const { state } of stack.rack.switches) state.faults.clear();
});

const put = (group: Group, body: Record<string, unknown>) =>
  stack.user('PUT', `/v1/multicast-groups/${group.id}`, { body });
const sources = (group: Group) =>
  [0, 1].map((at) =>
    stack.rack
      .object(at, group.multicast_ip)
      ?.sources?.map((source) => (typeof source === 'string' ? source : source.Exact))
      .toSorted(),
  );
const twice = <T>(value: T) => [value, value];
const ssm = (name: string, source_ips: string[]) => stack.group(name, { pool: 'ssm', source_ips });

test('a group is Creating at first, and Active when both switches have it with its tag', async () => {
  const made = await stack.create({ name: 'fresh' });
  expect(made).toMatchObject({ status: 201, body: { state: 'Creating', vni: 77 } });
  const group = await stack.groupBecomes(made.body.id, 'Active');
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice([]));
  const tags = [0, 1].map((at) => stack.rack.object(at, group.multicast_ip)?.tag);
  expect(tags[0]).toContain(group.id);
  expect(tags[1]).toBe(tags[0]);
});

test('updated: 200, and name, sources, both switches and the sled are all new', async () => {
  const group = await ssm('news', ['10.0.0.1']);
  await stack.runningVm(['news'], 0);
  const answer = await put(group, { name: 'renamed', source_ips: ['10.0.0.3', '10.0.0.2'] });
  expect(answer).toMatchObject({ status: 200, body: { name: 'renamed', source_ips: ['10.0.0.2', '10.0.0.3'] } });
  expect(sources(group)).toEqual(twice(['10.0.0.2', '10.0.0.3']));
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice(['rear1']));
  expect((await stack.view(group.id)).body).toEqual(answer.body);
});

test('an update that changes nothing, and one that only renames, touch no switch', async () => {
  const group = await ssm('quiet', ['10.0.0.1', '10.0.0.2']);
  const before = stack.rack.writes();
  expect((await put(group, { source_ips: ['10.0.0.2', '10.0.0.1'] })).status).toBe(200);
  expect((await put(group, { name: 'silent', description: 'other' })).status).toBe(200);
  expect((await put(group, { name: 'silent', description: 'other' })).status).toBe(200);
  expect(stack.rack.writes()).toEqual(before);
});

test.each([0, 1])('refused by switch%i: 503 with the reason, and the old values stand everywhere', async (at) => {
  const group = await ssm(`stubborn-${at}`, ['10.0.0.1']);
  stack.rack.switches[at]!.state.faults.add({
    match: { method: 'PUT', path: '/multicast/external-groups' },
    action: { kind: 'status', status: 400, message: 'no room for that source' },
  });
  const answer = await put(group, { name: `new-${at}`, source_ips: ['10.0.0.9'] });
  stack.rack.switches[at]!.state.faults.clear();
  expect(answer).toMatchObject({ status: 503, body: { error_code: 'ServiceNotAvailable' } });
  expect(answer.body.message).toMatch(new RegExp(`old values stand: .*switch${at}.*no room for that source`));
  expect(answer.body.message).not.toMatch(/127\.0\.0\.1|http:/);
  expect((await stack.view(group.id)).body).toMatchObject({ name: `stubborn-${at}`, source_ips: ['10.0.0.1'] });
  expect(sources(group)).toEqual(twice(['10.0.0.1']));
  expect((await put(group, { source_ips: ['10.0.0.9'] })).status).toBe(200);
  expect(sources(group)).toEqual(twice(['10.0.0.9']));
});

test('updates at once are ordered, none is lost, and the switches end with the last', async () => {
  const group = await ssm('contended', ['10.0.0.1']);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, at) => put(group, { source_ips: [`10.0.1.${at}`], description: `number ${at}` })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  const rows = await stack.db.execute<{ state: string; description: string }>(
    sql`select state, description from multicast_group_update where group_id = ${group.id} order by sequence`,
  );
  expect(rows).toHaveLength(8);
  const { body } = await stack.view(group.id);
  expect(body.description).toBe(rows.at(-1)!.description);
  expect(body.source_ips).toEqual([`10.0.1.${body.description.at(-1)}`]);
  expect(sources(group)).toEqual(twice(body.source_ips));
});

test('a rename to a taken name is refused by name', async () => {
  const [first] = [await stack.group('one'), await stack.group('two')];
  expect(await put(first, { name: 'two' })).toMatchObject({
    status: 400,
    body: { error_code: 'ObjectAlreadyExists', message: expect.stringContaining('"two"') },
  });
});

test('deleted with joined members: 204 at once, Deleting while a switch has not confirmed, then 404', async () => {
  const group = await stack.group('doomed');
  const vm = await stack.runningVm(['doomed'], 2);
  const ip = group.multicast_ip;
  // One switch holds on to its objects for now.
  const [, slow] = stack.rack.switches;
  slow!.state.faults.add({ match: { method: 'DELETE' }, action: { kind: 'status', status: 503, message: 'busy' } });
  const remove = () => stack.user('DELETE', `/v1/multicast-groups/${group.id}`);
  expect((await remove()).status).toBe(204);
  expect((await stack.view(group.id)).body.state).toBe('Deleting');
  expect((await remove()).status).toBe(404);
  expect(await stack.members(group.id)).toEqual({});
  const list = await stack.user('GET', `/v1/instances/${vm.id}/multicast-groups`);
  expect(list.body.items).toEqual([]);

  // Name and address are taken until both switches have confirmed.
  const again = () => stack.create({ name: 'doomed' });
  expect(await again()).toMatchObject({ status: 400, body: { error_code: 'ObjectAlreadyExists' } });
  const address = await stack.create({ name: 'other', multicast_ip: ip });
  expect(address).toMatchObject({ status: 400, body: { message: expect.stringContaining(ip) } });
  expect(await put(group, { name: 'saved' })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('Deleting') },
  });
  const join = await stack.user('PUT', `/v1/instances/${vm.id}/multicast-groups/${group.id}`);
  expect(join).toMatchObject({ status: 400, body: { message: expect.stringContaining('"doomed" is being deleted') } });

  slow!.state.faults.clear();
  await stack.groupIsGone(group.id);
  expect(stack.rack.both(ip)).toEqual(twice(null));
  expect(stack.flows(2, [ip])).toEqual([]);
  expect((await stack.create({ name: 'doomed', multicast_ip: ip })).status).toBe(201);
});
