/** What operators read: groups, members, pools, events, drift and reconciliation, with filters, pages and figures. */
import { createHash, randomUUID } from 'node:crypto';
import { listGroupsWithFigures } from '../../db/group-list';
import { startInternalApi, type InternalApi } from '../support/internal-api';
import { operatorRack, postEvents, type OperatorRack } from '../support/operator';

let api: InternalApi;
let rack: OperatorRack;

beforeAll(async () => {
  api = await startInternalApi();
  rack = await operatorRack(api);
});
afterAll(() => api.close());

const get = (path: string) => api.call('GET', path);
const ids = async (path: string): Promise<string[]> =>
  ((await get(path)).body.items as { id: string }[]).map(({ id }) => id).toSorted();

describe('groups', () => {
  test('with members by state, progress, missing switches and open drift', async () => {
    const [group] = (await get('/groups?name=g0&project=' + rack.project)).body.items;
    expect(group).toEqual({
      id: rack.groups[0],
      name: 'g0',
      multicast_ip: '224.1.2.1',
      project_id: rack.project,
      ip_pool_id: rack.pools.v4,
      state: 'active',
      members: { joining: 1, joined: 2, left: 1, removed: 1 },
      requested: 4,
      served: 3,
      round: 9,
      writes: 11,
      outcome: 'served',
      reason: null,
      failures: 0,
      degraded: ['switch1'],
      drift: 1,
      time_converged: expect.stringMatching(/^\d{4}-.*Z$/),
      time_retry: null,
    });
    const [idle] = (await get('/groups?name=g2')).body.items;
    expect(idle).toMatchObject({ members: { joining: 0, joined: 0, left: 0, removed: 0 }, degraded: [], drift: 0 });
  });

  test('by state, project, pool, name and address, and all of them at once', async () => {
    const [g0, g1, g2] = rack.groups as [string, string, string];
    expect(await ids('/groups?state=active')).toEqual([g0]);
    expect(await ids(`/groups?project=${rack.other}`)).toEqual([rack.foreign]);
    expect(await ids(`/groups?pool=${rack.pools.v4}`)).toEqual([g0, g1, g2].toSorted());
    expect(await ids('/groups?name=g0')).toEqual([g0, rack.foreign].toSorted());
    expect(await ids('/groups?ip=224.1.2.2')).toEqual([g1]);
    expect(await ids(`/groups?ip=224.1.2.2&state=active&project=${rack.project}`)).toEqual([]);
  });

  test('page by page, the filters travelling in the token', async () => {
    const seen: string[] = [];
    let path = `/groups?limit=1&project=${rack.project}`;
    for (;;) {
      const { items, next_page: token } = (await get(path)).body;
      seen.push(...items.map(({ id }: { id: string }) => id));
      if (token === null) break;
      path = `/groups?limit=1&page_token=${token}`;
    }
    expect(seen).toEqual(rack.groups.toSorted());
  });

  test('a page is one statement, however many groups it has', async () => {
    const statements = jest.spyOn(api.db, 'execute');
    expect(await listGroupsWithFigures(api.db, { limit: 100, after: null })).toHaveLength(4);
    expect(statements).toHaveBeenCalledTimes(1);
    statements.mockRestore();
  });
});

test('members by group, instance, sled and state; removed ones only when asked for', async () => {
  const list = async (query: string) => (await get(`/members?${query}`)).body.items;
  expect(await list(`group=${rack.groups[0]}`)).toHaveLength(4);
  expect(await list(`group=${rack.groups[1]}`)).toEqual([]);
  expect(await list(`sled=${rack.sleds[1]}`)).toHaveLength(2);
  expect(await list('state=removed')).toEqual([expect.objectContaining({ time_deleted: expect.any(String) })]);
  expect(await list('state=joining')).toEqual([expect.objectContaining({ state: 'joining', port: 'rear1' })]);
  expect(await list(`instance=${rack.instance}`)).toEqual([
    expect.objectContaining({
      group_id: rack.groups[0],
      group_name: 'g0',
      group_ip: '224.1.2.1',
      instance_id: rack.instance,
      instance_name: null,
      state: 'joined',
      port: 'rear0',
      target_port: null,
    }),
  ]);
});

test('pools count their addresses exactly, in both families', async () => {
  const { items } = (await get('/pools?name=asm')).body;
  expect(items).toEqual([
    {
      id: rack.pools.v4,
      name: 'asm',
      description: '',
      ip_version: 'v4',
      pool_type: 'multicast',
      mvlan: 7,
      switch_port_uplinks: [],
      ranges: [
        { first: '224.1.2.0', last: '224.1.2.9' },
        { first: '224.9.0.0', last: '224.9.0.255' },
      ],
      addresses: { total: '266', used: '3', free: '263' },
      groups: { creating: 2, active: 1, deleting: 0 },
      members: { joining: 1, joined: 2, left: 1, removed: 1 },
      rounds: 9,
      writes: 13,
      degraded: 2,
      time_converged: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  ]);
  expect((await get('/pools')).body.items).toHaveLength(2);
  const wide = (await get(`/pools/${rack.pools.v6}`)).body;
  expect(wide.addresses).toEqual({ total: String(2n ** 80n), used: '0', free: String(2n ** 80n) });
  expect((await get(`/pools/${randomUUID()}`)).status).toBe(404);
});

test('events of all instances, newest first', async () => {
  const { instance, events } = await postEvents(api, rack);
  const list = async (query: string) =>
    (await get(`/events?${query}`)).body.items.map((event: { event_id: string }) => event.event_id);
  expect(await list('')).toEqual(events.toReversed());
  expect(await list('outcome=pending')).toEqual([events[1]]);
  expect(await list('outcome=succeeded&kind=create')).toEqual([events[0]]);
  expect(await list(`instance=${instance}&kind=stop`)).toEqual([]);
  const first = (await get('/events?limit=1')).body;
  const second = (await get(`/events?limit=1&page_token=${first.next_page}`)).body;
  expect([first, second].map(({ items }) => items[0].event_id)).toEqual(events.toReversed());
  expect((await get(`/events/${events[1]}`)).body).toEqual(
    (await get(`/instances/${instance}/events/${events[1]}`)).body,
  );
  expect((await get(`/events/${randomUUID()}`)).status).toBe(404);
});

test('drift by switch and group, open or repaired, with who repaired it', async () => {
  const list = async (query: string) => (await get(`/drift?${query}`)).body.items;
  expect(await list('open=true')).toEqual([
    {
      id: expect.any(String),
      kind: 'missing',
      switch_id: rack.switches[0],
      switch_name: 'switch0',
      group_id: rack.groups[0],
      group_name: 'g0',
      group_ip: '224.1.2.1',
      port: 'rear0',
      detail: 'missing rear0',
      time_found: expect.any(String),
      time_repaired: null,
      repaired_by: null,
    },
  ]);
  expect(await list('open=false')).toEqual([
    expect.objectContaining({ kind: 'orphan', port: null, group_name: null, repaired_by: 'reconcile/1' }),
  ]);
  expect((await list('')).map(({ kind }: { kind: string }) => kind)).toEqual(['orphan', 'missing']);
  expect(await list(`switch=${rack.switches[1]}`)).toEqual([]);
  expect(await list(`group=${rack.groups[0]}&switch=${rack.switches[0]}`)).toHaveLength(1);
});

describe('reconciliation', () => {
  const report = {
    disabled: false,
    groups_created: 0,
    groups_deleted: 0,
    groups_verified: 6,
    groups_different: 1,
    groups_repaired: 1,
    groups_woken: 1,
    members_processed: 4,
    members_repaired: 0,
    members_deleted: 1,
    orphans_removed: 1,
    events_redelivered: 0,
    switches_checked: 2,
    skipped: ['switch1 is unreachable: no answer'],
    errors: [],
  };
  const run = {
    workflowId: 'reconcile-1',
    runId: 'r1',
    status: 'completed' as const,
    timeStarted: new Date(1_000),
    timeFinished: new Date(2_000),
    details: null,
    error: null,
  };

  test('the last reports, whether it is paused, and nothing that is not a report', async () => {
    api.temporal.onScheduleRuns = async () => ({
      paused: true,
      note: 'maintenance',
      timeNext: null,
      runs: [
        { ...run, result: report },
        { ...run, runId: 'r0', result: { of: 'an earlier build' } },
      ],
    });
    const { status, body } = await get('/reconcile');
    expect(status).toBe(200);
    expect(body).toMatchObject({ schedule_id: 'reconcile', paused: true, note: 'maintenance', time_next: null });
    expect(body.runs.map((each: { report: unknown }) => each.report)).toEqual([report, null]);
    expect(body.runs[0].time_finished).toBe('1970-01-01T00:00:02.000Z');
  });

  test('503 while Temporal is away', async () => {
    api.temporal.onScheduleRuns = () => Promise.reject(new Error('connection refused to 10.1.2.3'));
    const { status, body } = await get('/reconcile');
    expect([status, body.error_code, body.message]).toEqual([503, 'ServiceNotAvailable', 'Temporal does not tell']);
  });
});

test('wrong filters are refused, also in a token that fits otherwise', async () => {
  for (const path of [
    '/groups?state=new',
    '/members?sled=x',
    '/drift?open=maybe',
    '/events?outcome=lost',
    '/pools?name=A',
  ])
    expect([path, (await get(path)).status]).toEqual([path, 400]);
  const forged = Buffer.from(
    JSON.stringify({ v: 1, list: 'drift_list', sort: 'found_descending', filters: { switch: 'x' }, after: '1' }),
  ).toString('base64url');
  const sum = createHash('sha256').update(`rackcast page ${forged}`).digest('base64url').slice(0, 12);
  const answer = await get(`/drift?page_token=${forged}.${sum}`);
  expect([answer.status, answer.body.message]).toEqual([400, 'unable to parse query string: switch: expected a UUID']);
});

test('nothing of it without the token', async () => {
  for (const path of ['/groups', '/members', '/pools', '/events', '/drift', '/reconcile'])
    expect((await api.call('GET', path, { token: 'wrong' })).status).toBe(401);
});
