/**
 * How much there is of everything, for monitoring. Each figure is one statement over an index or a small table, so that a
 * scrape costs little whatever the rack holds.
 */
import { sql } from 'drizzle-orm';
import type { Queryable } from './client';
import { countDrift } from './drift';
import { listPoolStatistics } from './pool-statistics';

export type Counted = { label: string; count: number };

export interface Figures {
  enabled: boolean;
  groups: Counted[];
  /** Groups with a request that no round has served. */
  behind: number;
  members: Counted[];
  switches: { name: string; service: 'unreachable' | 'resyncing' | 'in_service' }[];
  drift: { switch: string; kind: string; count: number }[];
  /** Events that are not over. */
  events: Counted[];
  pools: { name: string; used: number; free: number }[];
}

/** More pools than a rack has. */
const MAX_POOLS = 1_000;

export async function readFigures(db: Queryable): Promise<Figures> {
  const [gate, groups, behind, members, switches, drift, events, pools] = await Promise.all([
    db.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`),
    counts(
      db,
      sql`select state::text as label, count(*)::int as count from multicast_group
      where time_deleted is null group by 1`,
    ),
    counts(db, sql`select '' as label, count(*)::int as count from multicast_group where requested > served`),
    counts(
      db,
      sql`select case when time_deleted is null then state::text else 'removed' end as label,
      count(*)::int as count from multicast_group_member group by 1`,
    ),
    db.execute<{ id: string; name: string; service: Figures['switches'][number]['service'] }>(
      sql`select id, 'switch' || slot as name, service from switch order by slot`,
    ),
    countDrift(db),
    counts(
      db,
      sql`select state::text as label, count(*)::int as count from instance_event
      where time_finished is null and state in ('pending', 'running') group by 1`,
    ),
    listPoolStatistics(db, { limit: MAX_POOLS, after: null }),
  ]);
  const names = new Map([...switches].map(({ id, name }) => [id, name]));
  return {
    enabled: gate[0]?.enabled === true,
    groups,
    behind: behind[0]?.count ?? 0,
    members,
    switches: [...switches].map(({ name, service }) => ({ name, service })),
    // What a switch showed that has left the rack is nobody's to repair.
    drift: drift.flatMap(({ switchId, kind, count }) => {
      const name = names.get(switchId);
      return name === undefined ? [] : [{ switch: name, kind, count }];
    }),
    events,
    pools: pools.map(({ pool, total, used }) => ({ name: pool.name, used, free: Number(total - BigInt(used)) })),
  };
}

async function counts(db: Queryable, statement: ReturnType<typeof sql>): Promise<Counted[]> {
  return [...(await db.execute<Counted>(statement))];
}
