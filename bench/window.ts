/**
 * A stretch of time that is measured: CPU by process, memory, what the switches were asked, Postgres' transactions, Temporal's history.
 * What the idle system does in the same time (health checks, heartbeats, our own looking) is measured before and taken off.
 */
import { sql } from 'drizzle-orm';
import { pause, round } from './command';
import { historiesSince, totalOf, workflowsEnded, type HistoryCost } from './histories';
import type { Rack } from './rack';
import { askedBetween, countersOfAll, type Asked } from './switch-counters';
import { cpuBetween, total, type Usages } from './usage';

const IDLE_MS = 3_000;
/** A backend that has become idle reports its last transactions ten seconds later. */
const STATISTICS_MS = 11_000;

interface Reading {
  at: number;
  usage: Usages;
  asked: Asked[];
  transactions: number;
  wal: number;
}

export interface Cost {
  seconds: number;
  cpu_ms: Record<string, number>;
  cpu_ms_total: number;
  /** Of a request's body, per switch, summed over the window. */
  switches: Asked[];
  transactions: number;
  wal_bytes: number;
  history: HistoryCost;
  history_by_type: Record<string, HistoryCost>;
}

/** Cost of `work` until its last workflow has ended. `thorough`: transactions are waited for too; without it they are too few. */
export async function measured(rack: Rack, work: () => Promise<void>, thorough = true): Promise<Cost> {
  await workflowsEnded(rack.client);
  const first = await read(rack, thorough);
  if (!thorough) await pause(IDLE_MS);
  const before = await read(rack, thorough);
  const idle = difference(first, before);
  const since = new Date();
  await work();
  await workflowsEnded(rack.client);
  const after = await read(rack, thorough);
  const seconds = (after.at - before.at) / 1_000;
  const idleSeconds = (before.at - first.at) / 1_000;
  const gross = difference(before, after);
  const less = (name: keyof typeof idle): number => Math.max(0, gross[name] - (idle[name] / idleSeconds) * seconds);
  const cpu = Object.fromEntries(
    Object.entries(cpuBetween(before.usage, after.usage)).map(([name, ms]) => {
      const resting = (cpuBetween(first.usage, before.usage)[name] ?? 0) / idleSeconds;
      return [name, Math.max(0, ms - resting * seconds)];
    }),
  );
  const byType = await historiesSince(rack.client, since);
  return {
    seconds,
    cpu_ms: cpu,
    // What asks is no part of what answers.
    cpu_ms_total: total({ ...cpu, client: 0 }),
    switches: askedBetween(before.asked, after.asked),
    transactions: less('transactions'),
    wal_bytes: less('wal'),
    history: totalOf(byType),
    history_by_type: byType,
  };
}

async function read(rack: Rack, thorough: boolean): Promise<Reading> {
  if (thorough) await pause(STATISTICS_MS);
  const [row] = await rack.db.execute<{ transactions: number; wal: number }>(sql`
    select xact_commit::float8 as transactions, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal
    from pg_stat_database where datname = current_database()`);
  return {
    at: Date.now(),
    usage: rack.usage(),
    asked: await countersOfAll(rack.switches.map((facing) => facing.address)),
    transactions: row?.transactions ?? 0,
    wal: row?.wal ?? 0,
  };
}

function difference(before: Reading, after: Reading): { transactions: number; wal: number } {
  return { transactions: after.transactions - before.transactions, wal: after.wal - before.wal };
}

/** The cost, per event. */
export function perEvent(cost: Cost, events: number) {
  return {
    cpu_ms_per_event: Object.fromEntries(
      Object.entries(cost.cpu_ms).map(([name, ms]) => [name, round(ms / events)] as const),
    ),
    cpu_ms_per_event_total: round(cost.cpu_ms_total / events),
    switch_requests: cost.switches.map((asked) => asked.requests),
    switch_writes: cost.switches.map((asked) => asked.writes),
    switch_bytes: cost.switches.map((asked) => asked.bytes),
    transactions_per_event: round(cost.transactions / events),
    wal_bytes_per_event: round(cost.wal_bytes / events),
    workflows: Object.fromEntries(Object.entries(cost.history_by_type).map(([type, each]) => [type, each.workflows])),
    history_events_per_1000: round((cost.history.events / events) * 1_000),
    history_bytes_per_event: round(cost.history.bytes / events),
  };
}
