/** The inbox: what is accepted, what is answered, and that a refused event leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { bodyV4 } from '../dataplane/sled-agent-bodies';
import type { Answer } from '../support/http';
import { setMulticastEnabled } from '../../db/runtime-config';
import { insertGroup, registerRack, startInternalApi, type InternalApi, type Rack } from '../support/internal-api';

let api: InternalApi;
let rack: Rack;

beforeAll(async () => {
  api = await startInternalApi();
  rack = await registerRack(api, 33);
});
afterAll(() => api.close());
beforeEach(() => {
  api.temporal.starts.length = 0;
  api.temporal.onStart = async () => undefined;
});

const post = (instance: string, event: object) => api.call('POST', `/instances/${instance}/events`, { body: event });
const eventOf = (kind: string, generation: number, rest: object = {}) => ({
  event_id: randomUUID(),
  kind,
  generation,
  ...rest,
});
const createOf = (generation = 1, rest: object = {}) =>
  eventOf('create', generation, {
    project_id: rack.project,
    name: `i-${randomUUID()}`,
    multicast_groups: ['g0', rack.groups[1]],
    ...rest,
  });
const vm = (sled = 0) => ({ sled_id: rack.sleds[sled], propolis_id: randomUUID() });
const status = async (instance: string, event: { event_id: string }) =>
  (await api.call('GET', `/instances/${instance}/events/${event.event_id}`)).body;
const counts = async () => {
  const [row] = await api.db.execute(sql`
    select (select count(*)::int from instance) as instances, (select count(*)::int from instance_event) as events,
      (select coalesce(sum(generation), 0)::int from instance) as generations`);
  return row;
};
const created = async (groups: (string | undefined)[] = ['g0']) => {
  const instance = randomUUID();
  expect((await post(instance, createOf(1, { multicast_groups: groups }))).status).toBe(202);
  return instance;
};

test('every kind is accepted, stored and handed to its workflow', async () => {
  const instance = randomUUID();
  const events = [
    createOf(1),
    eventOf('start', 2, { ...vm(), vmm_registration: bodyV4() }),
    eventOf('reboot', 3),
    eventOf('migrate', 4, { source: vm(0), target: vm(1) }),
    eventOf('reconfigure', 5, { multicast_groups: [] }),
    eventOf('fail', 6),
    eventOf('stop', 7),
    eventOf('delete', 8),
  ];
  for (const event of events) {
    const answer = await post(instance, event);
    const url = `/instances/${instance}/events/${event.event_id}`;
    const workflow = event.kind === 'reboot' ? null : `${event.kind}/${instance}/${event.event_id}`;
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ event_id: event.event_id, outcome: 'accepted', url, workflow_id: workflow });
    expect(answer.headers.get('location')).toBe(url);
  }
  expect(api.temporal.starts.map((start) => start.kind)).toEqual(
    events.map((event) => event.kind).filter((kind) => kind !== 'reboot'),
  );
  expect(api.temporal.starts[1]).toEqual({
    kind: 'start',
    events: [{ eventId: events[1]!.event_id, instanceId: instance, generation: 2 }],
    sledId: rack.sleds[0],
  });
  expect(await status(instance, events[0]!)).toMatchObject({
    kind: 'create',
    outcome: 'pending',
    generation: 1,
    reason: null,
    groups: [],
  });
  expect(await status(instance, events[2]!)).toMatchObject({
    kind: 'reboot',
    outcome: 'succeeded',
    time_applied: expect.any(String),
  });
  const [row] = await api.db.execute(sql`select body from instance_event where event_id = ${events[0]!.event_id}`);
  expect(row).toMatchObject({ body: { project_id: rack.project, multicast_groups: [rack.groups[0], rack.groups[1]] } });
  expect((await api.call('GET', `/instances/${instance}`)).body).toMatchObject({
    generation: 8,
    time_deleted: expect.any(String),
  });
  const list = (await api.call('GET', `/instances/${instance}/events?limit=5`)).body;
  expect(list.items.map((item: { generation: number }) => item.generation)).toEqual([1, 2, 3, 4, 5]);
  const rest = (await api.call('GET', `/instances/${instance}/events?page_token=${list.next_page}`)).body;
  expect(rest.items.map((item: { generation: number }) => item.generation)).toEqual([6, 7, 8]);
});

test('the same event again is a duplicate, and starts nothing', async () => {
  const instance = randomUUID();
  const event = createOf(3, { multicast_groups: ['g1', 'g0'] });
  await post(instance, event);
  const before = await counts();
  const again = await post(instance, { ...event, multicast_groups: ['g0', 'g1'] });
  expect([again.status, again.body.outcome]).toEqual([200, 'duplicate']);
  expect(again.body.workflow_id).toBe(`create/${instance}/${event.event_id}`);
  expect(again.headers.get('location')).toBeNull();
  await api.db.execute(sql`update multicast_group set name = 'renamed' where id = ${rack.groups[0]!}`);
  expect((await post(instance, event)).body.outcome).toBe('duplicate');
  await api.db.execute(sql`update multicast_group set name = 'g0' where id = ${rack.groups[0]!}`);
  expect(await counts()).toEqual(before);
  expect(api.temporal.starts).toHaveLength(1);
});

test('the same id with other content is a conflict', async () => {
  const instance = await created();
  const other = await created();
  const event = eventOf('start', 2, vm());
  await post(instance, event);
  const before = await counts();
  const changed = [
    { ...event, generation: 3 },
    { ...event, ...vm() },
    { ...event, kind: 'stop' },
    { ...event, vmm_registration: bodyV4() },
  ];
  for (const body of changed) {
    const answer = await post(instance, body);
    expect([answer.status, answer.body.error_code]).toEqual([409, 'EventConflict']);
  }
  expect((await post(other, event)).status).toBe(409);
  expect((await post(instance, { ...event, vmm_registration: null })).body.outcome).toBe('duplicate');
  expect(await counts()).toEqual(before);
});

test('an older or equal generation is stale, stored as such and never started', async () => {
  const instance = await created();
  await post(instance, eventOf('start', 10, vm()));
  api.temporal.starts.length = 0;
  for (const event of [
    eventOf('stop', 10),
    eventOf('stop', 4),
    eventOf('start', 9, { sled_id: randomUUID(), propolis_id: randomUUID() }),
    createOf(5),
  ]) {
    const answer = await post(instance, event);
    expect([answer.status, answer.body.outcome, answer.body.workflow_id]).toEqual([200, 'stale', null]);
    expect(await status(instance, event)).toMatchObject({
      outcome: 'stale',
      reason: 'generation 10 was accepted before',
    });
    expect((await post(instance, event)).body.outcome).toBe('duplicate');
  }
  expect((await api.call('GET', `/instances/${instance}`)).body.generation).toBe(10);
  expect(api.temporal.starts).toEqual([]);
});

test('what is refused has a reason and leaves nothing behind', async () => {
  const instance = await created();
  const deleted = await created();
  await post(deleted, eventOf('delete', 2));
  const taken = (await api.call('GET', `/instances/${instance}`)).body.name;
  const leaving = await insertGroup(api.db, rack.project, 'leaving', '224.1.9.9');
  await api.db.execute(sql`update multicast_group set state = 'deleting' where id = ${leaving}`);
  const unknown = randomUUID();
  const before = await counts();
  const names = Array.from({ length: 33 }, (_, n) => `g${n}`);

  const refused: [string, object, number, RegExp][] = [
    [unknown, eventOf('start', 1, vm()), 404, /not found: instance with id/],
    [unknown, createOf(1, { multicast_groups: names }), 400, /33 groups given.*at most 32/],
    [unknown, createOf(1, { multicast_groups: ['g0', rack.groups[0]] }), 400, /given twice/],
    [unknown, createOf(1, { multicast_groups: ['nothing'] }), 400, /no group with name "nothing"/],
    [unknown, createOf(1, { multicast_groups: [rack.foreign] }), 400, /no group with id/],
    [unknown, createOf(1, { multicast_groups: ['leaving'] }), 400, /being deleted/],
    [unknown, createOf(1, { project_id: randomUUID() }), 400, /project_id: no project/],
    [unknown, createOf(1, { name: taken }), 400, /already exists: instance/],
    [unknown, createOf(1, { name: 'Upper' }), 400, /name: a name must begin/],
    [unknown, createOf(1, { multicast_groups: ['a b'] }), 400, /multicast_groups\[0\]: /],
    [instance, createOf(2), 400, /already exists: instance/],
    [
      instance,
      eventOf('start', 2, { sled_id: unknown, propolis_id: randomUUID() }),
      400,
      new RegExp(`sled_id: no sled with id "${unknown}"`),
    ],
    [instance, eventOf('start', 2, { sled_id: rack.sleds[0] }), 400, /propolis_id: /],
    [instance, eventOf('start', 2, { ...vm(), vmm_registration: { a: '\u0000' } }), 400, /vmm_registration: contains/],
    [instance, eventOf('start', 2, { ...vm(), vmm_registration: { a: '\ud800' } }), 400, /vmm_registration: contains/],
    [instance, eventOf('start', 2, { ...vm(), vmm_registration: [] }), 400, /vmm_registration: /],
    [
      instance,
      eventOf('start', 2, { ...vm(), vmm_registration: { ...bodyV4(), instance_id: 'x' } }),
      400,
      /parse JSON body: vmm_registration\.instance_id: expected a UUID/,
    ],
    [
      instance,
      eventOf('migrate', 2, { source: vm(), target: { sled_id: unknown, propolis_id: unknown } }),
      400,
      /target\.sled_id: no sled/,
    ],
    [instance, eventOf('migrate', 2, { source: vm() }), 400, /target: /],
    [instance, eventOf('reconfigure', 2), 400, /multicast_groups: /],
    [instance, eventOf('reconfigure', 2, { multicast_groups: ['g1', 'nothing'] }), 400, /no group with name "nothing"/],
    [instance, eventOf('explode', 2), 400, /kind: /],
    [instance, eventOf('stop', -1), 400, /generation: /],
    [instance, eventOf('stop', 1.5), 400, /generation: /],
    [instance, eventOf('stop', 2 ** 53), 400, /generation: /],
    [instance, { kind: 'stop', generation: 2 }, 400, /event_id: /],
    [instance, { ...eventOf('stop', 2), event_id: 'x' }, 400, /event_id: expected a UUID/],
    [instance, [], 400, /unable to parse JSON body/],
    [deleted, eventOf('start', 3, vm()), 400, /was deleted by generation 2/],
    ['not-a-uuid', eventOf('stop', 2), 400, /bad parameter in URL path: instance/],
  ];
  for (const [id, event, expected, message] of refused) {
    const answer = await post(id, event);
    expect({ event, status: answer.status, message: answer.body.message }).toEqual({
      event,
      status: expected,
      message: expect.stringMatching(message),
    });
  }
  const raw = (body: string, headers = {}) => api.call('POST', `/instances/${instance}/events`, { body, headers });
  expect((await raw('{"kind": "stop",')).status).toBe(400);
  expect((await raw('')).status).toBe(400);
  expect((await raw(JSON.stringify({ ...eventOf('stop', 2), padding: 'x'.repeat(2 ** 21) }))).status).toBe(413);
  expect((await raw('kind=stop', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
  const deep = JSON.stringify({ ...eventOf('start', 2, vm()), vmm_registration: 'DEEP' }).replace(
    '"DEEP"',
    '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000),
  );
  expect((await raw(deep)).status).toBe(400);
  expect(
    (await api.call('POST', `/instances/${instance}/events`, { body: eventOf('stop', 2), token: 'wrong' })).status,
  ).toBe(401);

  expect(await counts()).toEqual(before);
  expect(api.temporal.starts.filter((start) => start.events.some((event) => event.instanceId === unknown))).toEqual([]);
});

test('32 groups, by name and by id, are fine', async () => {
  const names = rack.groups.slice(0, 32).map((id, n) => (n % 2 === 0 ? id : `g${n}`));
  const instance = await created(names);
  expect((await api.call('GET', `/instances/${instance}`)).body.generation).toBe(1);
});

test('a batch of 1,000 answers item by item, and a bad one holds up no other', async () => {
  const ids = Array.from({ length: 250 }, () => randomUUID());
  const items: Record<string, unknown>[] = ids.flatMap((instance_id, n) => [
    { instance_id, ...createOf(1) },
    { instance_id, ...eventOf('start', 2, vm(n % 2)) },
    { instance_id, ...eventOf('stop', n % 5 === 0 ? 2 : 3) },
    { instance_id, ...eventOf('start', 4, n % 10 === 0 ? { sled_id: randomUUID(), propolis_id: randomUUID() } : vm()) },
  ]);
  items[7] = { nonsense: true };
  items[11] = { ...items[10] };
  const answer = await api.call('POST', '/instance-events', { body: { items } });
  expect(answer.status).toBe(200);
  expect(answer.body.items).toHaveLength(1_000);
  const unparsed = [400, expect.stringContaining('instance_id: ')];
  const noSled = [400, expect.stringContaining('no sled with id')];
  const expected = items.map((item, index) => {
    const n = Math.floor(index / 4);
    if (index === 7) return unparsed;
    if (index === 11) return [200, 'duplicate'];
    if (index % 4 === 2 && n % 5 === 0) return [200, 'stale'];
    if (index % 4 === 3 && n % 10 === 0) return noSled;
    return [202, 'accepted', item['event_id']];
  });
  const answered = answer.body.items.map(({ status: code, body }: { status: number; body: Record<string, string> }) => {
    if (code === 202) return [code, body['outcome'], body['event_id']];
    return [code, body['outcome'] ?? body['message']];
  });
  expect(answered).toEqual(expected);
  const started = api.temporal.starts.flatMap((start) => start.events);
  expect(new Set(started.map((ref) => ref.eventId)).size).toBe(started.length);
  expect(started).toHaveLength(answer.body.items.filter((item: { status: number }) => item.status === 202).length);
  expect(Math.max(...api.temporal.starts.map((start) => start.events.length))).toBeLessThanOrEqual(48);
  expect(api.temporal.starts.length).toBeLessThan(40);
});

test('a batch in descending order, an empty one, one too large, one that is none', async () => {
  const instance_id = await created();
  const batch = (items: unknown) => api.call('POST', '/instance-events', { body: { items } });
  const answer = await batch([{ instance_id, ...eventOf('stop', 9) }, { instance_id, ...eventOf('stop', 8) }, 7, null]);
  expect(answer.body.items.map((item: { status: number }) => item.status)).toEqual([202, 200, 400, 400]);
  expect((await batch([])).body).toEqual({ items: [] });
  expect((await batch(Array.from({ length: 1_001 }, () => ({ instance_id, ...eventOf('stop', 10) })))).status).toBe(
    400,
  );
  expect((await batch('x')).status).toBe(400);
});

test('a name is free again as soon as the delete is accepted, in the same batch too', async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const name = `reused-${randomUUID()}`;
  const items = [
    { instance_id: a, ...createOf(1, { name }) },
    { instance_id: a, ...eventOf('delete', 2) },
    { instance_id: b, ...createOf(1, { name }) },
  ];
  const answer = await api.call('POST', '/instance-events', { body: { items } });
  expect(answer.body.items.map((item: { status: number }) => item.status)).toEqual([202, 202, 202]);
  expect((await post(randomUUID(), createOf(1, { name }))).body.error_code).toBe('ObjectAlreadyExists');
});

function tally(answers: Answer[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { body } of answers) counted[body.outcome] = (counted[body.outcome] ?? 0) + 1;
  return counted;
}

test('many at once for one instance: one event per generation is accepted', async () => {
  const instance = randomUUID();
  const creates = await Promise.all(Array.from({ length: 10 }, () => post(instance, createOf(1))));
  expect(tally(creates)).toEqual({ accepted: 1, stale: 9 });
  const same = eventOf('stop', 2);
  const stops = await Promise.all(Array.from({ length: 10 }, () => post(instance, same)));
  expect(tally(stops)).toEqual({ accepted: 1, duplicate: 9 });
  expect(api.temporal.starts.map((start) => start.kind)).toEqual(['create', 'stop']);
});

test('starts that are under way gather what arrives meanwhile', async () => {
  const instances = await Promise.all(Array.from({ length: 60 }, () => created()));
  api.temporal.starts.length = 0;
  api.temporal.onStart = () => new Promise((resolve) => setTimeout(resolve, 150));
  const answers = await Promise.all(instances.map((instance) => post(instance, eventOf('stop', 2))));
  expect(answers.every((answer) => answer.status === 202)).toBe(true);
  expect(api.temporal.starts.flatMap((start) => start.events)).toHaveLength(60);
  expect(api.temporal.starts.length).toBeLessThan(10);
});

test('while Temporal is away or hangs, events are accepted, and soon', async () => {
  const instance = await created();
  api.temporal.onStart = () => new Promise(() => undefined);
  const began = Date.now();
  const answer = await post(instance, eventOf('delete', 2));
  expect([answer.status, answer.body.workflow_id]).toEqual([202, expect.stringMatching(`^delete/${instance}/`)]);
  expect(Date.now() - began).toBeLessThan(3_000);
  const other = await created();
  api.temporal.onStart = () => Promise.reject(new Error('unreachable'));
  expect((await post(other, eventOf('stop', 2))).status).toBe(202);
});

test('while multicast is off events wait', async () => {
  await setMulticastEnabled(api.db, false);
  const instance = randomUUID();
  const event = createOf(1);
  const answer = await post(instance, event);
  expect([answer.status, answer.body.outcome]).toEqual([202, 'disabled']);
  expect(await status(instance, event)).toMatchObject({ outcome: 'disabled' });
  expect(api.temporal.starts).toEqual([]);
  expect((await api.call('PUT', '/settings/multicast', { body: { enabled: true } })).body).toEqual({ enabled: true });
  expect(api.temporal.triggered).toContain('reconcile');
  expect(await status(instance, event)).toMatchObject({ outcome: 'pending' });
});

test('nothing of an instance or event that nobody posted', async () => {
  const instance = await created();
  const event = eventOf('stop', 2);
  await post(instance, event);
  const of = async (path: string) => (await api.call('GET', path)).status;
  expect(await of(`/instances/${randomUUID()}`)).toBe(404);
  expect(await of(`/instances/${randomUUID()}/events`)).toBe(404);
  expect(await of(`/instances/${instance}/events/${randomUUID()}`)).toBe(404);
  expect(await of(`/instances/${randomUUID()}/events/${event.event_id}`)).toBe(404);
  expect(await of(`/instances/${randomUUID()}/multicast-memberships`)).toBe(404);
  expect((await api.call('GET', `/instances/${instance}/multicast-memberships`)).body).toEqual([]);
});
