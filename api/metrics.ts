/**
 * Prometheus figures, on a listener of their own; none without an address. What the database holds is counted at each scrape,
 * so every API process tells the same; what the process did itself (HTTP) it counts as it goes. A database that is away is a
 * figure too: the scrape answers all the same.
 */
import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Endpoint } from '../config';
import type { Db } from '../db/client';
import { readFigures, type Figures } from '../db/figures';
import { within } from './deadline';
import type { Server } from './server';

export interface Metrics {
  /** Counts the requests of a server; before its routes are registered. */
  observe: (server: Server, api: 'external' | 'internal') => void;
  /** The figures as text, read anew. */
  scrape: () => Promise<string>;
  contentType: string;
}

const SCRAPE_WITHIN_MS = 5_000;

export function createMetrics(db: Db, log: Logger): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'rackcast_api_' });
  const seconds = new Histogram({
    name: 'rackcast_http_request_duration_seconds',
    help: 'Requests by API, method, route and status',
    labelNames: ['api', 'method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
    registers: [registry],
  });
  const show = gauges(registry);
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    try {
      show(await within(SCRAPE_WITHIN_MS, readFigures(db)));
    } catch (error) {
      log.warn({ error: String(error) }, 'the figures could not be read');
      show(null);
    }
  }

  return {
    observe(server, api) {
      server.addHook('onResponse', async (request, reply) => {
        // Unknown paths share one series: a client's typing errors are not ours to store.
        const route = request.routeOptions.url ?? 'unknown';
        seconds.observe({ api, method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
      });
    },
    async scrape() {
      // Scrapes that come together share one reading.
      reading ??= read().finally(() => (reading = undefined));
      await reading;
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

export async function serveMetrics(
  endpoint: Endpoint | undefined,
  { scrape, contentType }: Metrics,
): Promise<{ url: string | null; close: () => Promise<void> }> {
  if (endpoint === undefined) return { url: null, close: async () => undefined };
  const server = createServer((request, response) => {
    if (request.url?.split('?', 1)[0] !== '/metrics') return void response.writeHead(404).end();
    scrape().then(
      (text) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(endpoint.port, endpoint.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : endpoint.port;
  return {
    url: `http://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${port}/metrics`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The gauges; what it returns shows one reading, or that there was none. A series that is gone is not shown for ever. */
function gauges(registry: Registry): (figures: Figures | null) => void {
  const made: Gauge[] = [];
  const gauge = (name: string, help: string, labelNames: string[] = []) => {
    const one = new Gauge({ name: `rackcast_${name}`, help, labelNames, registers: [registry] });
    made.push(one);
    return one;
  };
  const database = gauge('database_up', '1 if the figures of the database could be read');
  const enabled = gauge('multicast_enabled', '1 if multicast is switched on');
  const groups = gauge('groups', 'Groups by state', ['state']);
  const behind = gauge('groups_behind', 'Groups with a request that no round has served');
  const members = gauge('members', 'Members by state; removed: not yet confirmed by every switch', ['state']);
  const inService = gauge('switch_in_service', '1 if the switch is in service', ['switch']);
  const drift = gauge('drift_open', 'Differences found and not yet repaired', ['switch', 'kind']);
  const events = gauge('events_unfinished', 'Events that are not over, by outcome so far', ['outcome']);
  const addresses = gauge('pool_addresses', 'Addresses of a pool, used and free', ['pool', 'state']);

  return (figures) => {
    for (const each of made) each.reset();
    database.set(figures === null ? 0 : 1);
    if (figures === null) return;
    enabled.set(figures.enabled ? 1 : 0);
    behind.set(figures.behind);
    for (const state of ['creating', 'active', 'deleting']) groups.set({ state }, 0);
    for (const { label: state, count } of figures.groups) groups.set({ state }, count);
    for (const state of ['joining', 'joined', 'left', 'removed']) members.set({ state }, 0);
    for (const { label: state, count } of figures.members) members.set({ state }, count);
    for (const outcome of ['pending', 'running']) events.set({ outcome }, 0);
    for (const { label: outcome, count } of figures.events) events.set({ outcome }, count);
    for (const { name, service } of figures.switches) inService.set({ switch: name }, service === 'in_service' ? 1 : 0);
    for (const { name } of figures.switches)
      for (const kind of ['missing', 'stray', 'divergent', 'orphan']) drift.set({ switch: name, kind }, 0);
    for (const each of figures.drift) drift.set({ switch: each.switch, kind: each.kind }, each.count);
    for (const { name: pool, used, free } of figures.pools) {
      addresses.set({ pool, state: 'used' }, used);
      addresses.set({ pool, state: 'free' }, free);
    }
  };
}
