/**
 * The control plane of a benchmark: posts events, one by one or in batches, with so many requests open at once, and notes when each was
 * posted and when it was answered. Then it waits until the members are as the events want them.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { Pool } from 'undici';
import { chunks, inParallel, percentile, round, until } from './command';
import type { BenchInstance } from './fill';
import type { Rack } from './rack';

export interface Planned {
  instance: BenchInstance;
  kind: 'start' | 'stop';
  generation: number;
}

export interface EmissionOptions {
  endpoint: 'single' | 'batch';
  concurrency: number;
  /** Events of one request of the batch endpoint. */
  batch: number;
}

interface Posted {
  at: number;
  answered: number;
}

export interface EmissionFigures {
  accepted_per_s: number;
  effective_per_s: number;
  accept_p50_ms: number;
  accept_p99_ms: number;
  joined_p50_ms: number;
  joined_p99_ms: number;
  /** From the first post until every event had its outcome. */
  finished_s: number;
}

/** Every instance of the list in turn, starting or stopping as it comes after what it did last. */
export function plan(
  instances: BenchInstance[],
  events: number,
  { running, from = 2 }: { running: (at: number) => boolean; from?: number },
): Planned[] {
  return Array.from({ length: events }, (_, at) => {
    const nth = Math.floor(at / instances.length);
    const stops = running(at % instances.length) !== (nth % 2 === 1);
    return { instance: instances[at % instances.length]!, kind: stops ? 'stop' : 'start', generation: from + nth };
  });
}

export async function emit(rack: Rack, planned: Planned[], options: EmissionOptions): Promise<EmissionFigures> {
  const posted = new Map<string, Posted>();
  const http = new Pool(rack.internal.url, { connections: options.concurrency, pipelining: 1 });
  const first = Date.now();
  try {
    const requests = options.endpoint === 'single' ? planned.map((event) => [event]) : chunks(planned, options.batch);
    await inParallel(requests, options.concurrency, async (events) => {
      const at = Date.now();
      await post(http, rack.internal.token, events, options.endpoint);
      const answered = Date.now();
      for (const { instance } of events) posted.set(instance.id, { at, answered });
    });
  } finally {
    await http.close();
  }
  const accepted = Date.now();
  await settled(rack, planned);
  return {
    accepted_per_s: round(planned.length / ((accepted - first) / 1_000)),
    ...(await judged(rack, planned.length, posted, first)),
  };
}

async function post(http: Pool, token: string, events: Planned[], endpoint: 'single' | 'batch'): Promise<void> {
  const bodies = events.map(({ instance, kind, generation }) => ({
    event_id: randomUUID(),
    generation,
    kind,
    ...(kind === 'start' ? { sled_id: instance.sled.id, propolis_id: instance.propolisId } : {}),
  }));
  const single = endpoint === 'single';
  const items = bodies.map((body, at) => ({ instance_id: events[at]?.instance.id, ...body }));
  const answer = await http.request({
    method: 'POST',
    path: single ? `/instances/${events[0]?.instance.id}/events` : '/instance-events',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(single ? bodies[0] : { items }),
  });
  const text = await answer.body.text();
  const accepted = single ? answer.statusCode === 202 : !/"status":(4|5)/.test(text) && answer.statusCode === 200;
  if (!accepted) throw new Error(`an event was answered with ${answer.statusCode}: ${text.slice(0, 200)}`);
}

/** Until every event has its outcome and every member is where its instance is. */
async function settled(rack: Rack, planned: Planned[]): Promise<void> {
  await until(
    `the outcome of ${planned.length} events`,
    async () =>
      (await rack.db.execute(sql`select 1 from instance_event where time_finished is null limit 1`)).length === 0,
    { seconds: 600, everyMs: 100 },
  );
  const failed = await rack.db.execute<{ state: string; reason: string | null }>(
    sql`select state, reason from instance_event where state = 'failed' limit 1`,
  );
  if (failed[0] !== undefined) throw new Error(`an event failed: ${failed[0].reason}`);
  const misfits = await rack.db.execute(sql`
    select 1 from multicast_group_member m join instance i on i.id = m.parent_id
    where m.time_deleted is null and (m.state = 'joined') <> (i.state = 'running') limit 1`);
  if (misfits.length > 0) throw new Error('a member does not fit its instance');
}

async function judged(rack: Rack, events: number, posted: Map<string, Posted>, first: number) {
  const rows = await rack.db.execute<{ instance: string; changed: number; finished: number }>(sql`
    select m.parent_id as instance, max(extract(epoch from m.time_modified) * 1000)::float8 as changed,
      max(extract(epoch from e.time_finished) * 1000)::float8 as finished
    from multicast_group_member m join instance_event e on e.instance_id = m.parent_id
    where m.time_modified >= ${new Date(first).toISOString()}::timestamptz group by m.parent_id`);
  const seen = [...rows].flatMap((row) => {
    const at = posted.get(row.instance);
    return at === undefined ? [] : [{ ...row, ...at }];
  });
  const last = Math.max(...seen.map((row) => row.changed));
  const finished = Math.max(...seen.map((row) => row.finished));
  const answers = [...posted.values()].map(({ at, answered }) => answered - at);
  const effects = seen.map((row) => row.changed - row.at);
  return {
    effective_per_s: round(events / ((last - first) / 1_000)),
    accept_p50_ms: percentile(answers, 0.5),
    accept_p99_ms: percentile(answers, 0.99),
    joined_p50_ms: percentile(effects, 0.5),
    joined_p99_ms: percentile(effects, 0.99),
    finished_s: round((finished - first) / 1_000),
  };
}
