/** The figures that monitoring reads: README names them, and they are there, with and without a database. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import pino from 'pino';
import { countAcknowledged, countEvents, countFailure, countRound, WORKER_METRICS } from '../../activities/metrics';
import { createMetrics, serveMetrics } from '../../api/metrics';
import { createServer } from '../../api/server';
import { openDatabase } from '../../db/client';
import { CodedError } from '../../domain/errors';
import { startInternalApi, type InternalApi } from '../support/internal-api';
import { listen } from '../support/http';
import { operatorRack, postEvents } from '../support/operator';

const log = pino({ level: 'silent' });
let api: InternalApi;

beforeAll(async () => {
  api = await startInternalApi();
});
afterAll(() => api.close());

test('a scrape counts what the database holds', async () => {
  const rack = await operatorRack(api);
  await postEvents(api, rack);
  const served = await serveMetrics({ host: '127.0.0.1', port: 0 }, createMetrics(api.db, log));
  try {
    const response = await fetch(served.url!);
    const lines = (await response.text()).split('\n');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(lines).toEqual(
      expect.arrayContaining([
        'rackcast_database_up 1',
        'rackcast_multicast_enabled 1',
        'rackcast_groups{state="creating"} 3',
        'rackcast_groups{state="active"} 1',
        'rackcast_groups{state="deleting"} 0',
        'rackcast_groups_behind 1',
        'rackcast_members{state="joined"} 2',
        'rackcast_members{state="joining"} 1',
        'rackcast_members{state="left"} 1',
        'rackcast_members{state="removed"} 1',
        'rackcast_switch_in_service{switch="switch0"} 1',
        'rackcast_switch_in_service{switch="switch1"} 0',
        'rackcast_drift_open{switch="switch0",kind="missing"} 1',
        'rackcast_drift_open{switch="switch0",kind="orphan"} 0',
        'rackcast_events_unfinished{outcome="pending"} 1',
        'rackcast_events_unfinished{outcome="running"} 0',
        'rackcast_pool_addresses{pool="asm",state="used"} 3',
        'rackcast_pool_addresses{pool="asm",state="free"} 263',
      ]),
    );
    expect((await fetch(new URL('/other', served.url!))).status).toBe(404);
  } finally {
    await served.close();
  }
});

test('requests are counted by route, so that no path makes a series of its own', async () => {
  const metrics = createMetrics(api.db, log);
  const server = await createServer({ log, title: 'test', version: '0' });
  metrics.observe(server, 'internal');
  server.get('/things/:thing', async () => ({}));
  const base = await listen(server);
  for (const path of ['/things/1', '/things/2', '/nothing']) await (await fetch(base + path)).text();
  const text = await metrics.scrape();
  const count = 'rackcast_http_request_duration_seconds_count';
  expect(text).toContain(`${count}{api="internal",method="GET",route="/things/:thing",status="200"} 2`);
  expect(text).toContain(`${count}{api="internal",method="GET",route="unknown",status="404"} 1`);
  await server.close();
});

test('without a database the scrape says so, and shows no figure of before', async () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:1/none', 1);
  await away.close();
  const text = await createMetrics(away.db, log).scrape();
  expect(text).toContain('rackcast_database_up 0');
  expect(text).not.toMatch(/^rackcast_groups\{/m);
});

test('activities count rounds, attempts, writes, and the time an event took', async () => {
  const counted: [string, number, object | undefined][] = [];
  const meter = (name: string) => ({
    add: (value: number, tags?: object) => counted.push([name, value, tags]),
    record: (value: number, tags?: object) => counted.push([name, value, tags]),
  });
  const metricMeter = { createCounter: meter, createHistogram: meter, createGauge: meter, withTags: () => metricMeter };
  await new MockActivityEnvironment({}, { metricMeter: metricMeter as never }).run(async () => {
    countAcknowledged('switch0', 2);
    countAcknowledged('switch1', 0);
    countFailure('switch1', new CodedError('Refused', 'no'));
    countFailure('switch1', new Error('what'));
    countRound('served');
    countEvents([{ eventId: 'one', kind: 'start', outcome: 'succeeded', reason: null, seconds: 0.2 }]);
    countEvents([]);
  });
  expect(counted).toEqual([
    [WORKER_METRICS.attempts, 1, expect.objectContaining({ switch: 'switch0', outcome: 'acknowledged' })],
    [WORKER_METRICS.writes, 2, expect.objectContaining({ switch: 'switch0' })],
    [WORKER_METRICS.attempts, 1, expect.objectContaining({ switch: 'switch1', outcome: 'acknowledged' })],
    [WORKER_METRICS.attempts, 1, expect.objectContaining({ switch: 'switch1', outcome: 'Refused' })],
    [WORKER_METRICS.attempts, 1, expect.objectContaining({ switch: 'switch1', outcome: 'Internal' })],
    [WORKER_METRICS.rounds, 1, expect.objectContaining({ outcome: 'served' })],
    [WORKER_METRICS.eventSeconds, 0.2, expect.objectContaining({ kind: 'start', outcome: 'succeeded' })],
  ]);
});

test('README names every figure of ours, and no other', async () => {
  const readme = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
  const named = new Set([...readme.matchAll(/`(rackcast_\w+)`/g)].map(([, name]) => name!));
  const text = await createMetrics(api.db, log).scrape();
  const ours = [...text.matchAll(/^# TYPE (rackcast_\w+)/gm)].map(([, name]) => name!);
  const expected = [...ours.filter((name) => !name.startsWith('rackcast_api_')), ...Object.values(WORKER_METRICS)];
  expect([...named].toSorted()).toEqual(expected.toSorted());
});
