/**
 * Pools with what they hold: addresses, and groups by state. A page costs four statements whatever its size. Sizes are
 * exact: an IPv6 range has more addresses than a double, or a `bigint` of Postgres, can tell.
 */
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { parseAddress } from '../domain/addresses';
import { rangeSize } from '../domain/pool-ranges';
import type { Queryable } from './client';
import { pageById, type IdPage } from './page';
import { uuids } from './lists';
import type { PoolRow } from './pools';
import { ipPool, ipPoolRange, multicastGroup } from './schema';

export type GroupsByState = Record<'creating' | 'active' | 'deleting', number>;

export type MembersByState = Record<'joining' | 'joined' | 'left' | 'removed', number>;

export interface PoolStatistics {
  pool: PoolRow;
  ranges: { first: string; last: string }[];
  total: bigint;
  groups: GroupsByState;
  /** Every group has one address, whatever its state. */
  used: number;
  members: MembersByState;
  /** Of its groups, all together: rounds so far, writes that they took, groups that lack a switch, and the newest convergence. */
  rounds: number;
  writes: number;
  degraded: number;
  timeConverged: Date | null;
}

export async function listPoolStatistics(
  db: Queryable,
  page: IdPage,
  filter: { id?: string; name?: string | undefined } = {},
): Promise<PoolStatistics[]> {
  const { where, order } = pageById(ipPool.id, page);
  const pools = await db
    .select()
    .from(ipPool)
    .where(
      and(
        isNull(ipPool.timeDeleted),
        where,
        filter.id === undefined ? undefined : eq(ipPool.id, filter.id),
        filter.name === undefined ? undefined : eq(ipPool.name, filter.name),
      ),
    )
    .orderBy(order)
    .limit(page.limit);
  const ids = pools.map(({ id }) => id);
  const [ranges, groups, activity] = await Promise.all([rangesOf(db, ids), groupsOf(db, ids), activityOf(db, ids)]);
  return pools.map((pool) => {
    const own = ranges.filter((range) => range.poolId === pool.id).map(({ first, last }) => ({ first, last }));
    const states = groups.get(pool.id) ?? { creating: 0, active: 0, deleting: 0 };
    return {
      pool,
      ranges: own,
      total: own.reduce((sum, range) => sum + sizeOf(range), 0n),
      groups: states,
      used: states.creating + states.active + states.deleting,
      ...(activity.get(pool.id) ?? IDLE),
    };
  });
}

async function rangesOf(db: Queryable, pools: string[]) {
  if (pools.length === 0) return [];
  return db
    .select({
      poolId: ipPoolRange.ipPoolId,
      first: sql<string>`host(${ipPoolRange.firstAddress})`,
      last: sql<string>`host(${ipPoolRange.lastAddress})`,
    })
    .from(ipPoolRange)
    .where(and(inArray(ipPoolRange.ipPoolId, pools), isNull(ipPoolRange.timeDeleted)))
    .orderBy(asc(ipPoolRange.firstAddress));
}

async function groupsOf(db: Queryable, pools: string[]): Promise<Map<string, GroupsByState>> {
  const counted = new Map<string, GroupsByState>();
  if (pools.length === 0) return counted;
  const rows = await db
    .select({ poolId: multicastGroup.ipPoolId, state: multicastGroup.state, count: sql<number>`count(*)::int` })
    .from(multicastGroup)
    .where(and(inArray(multicastGroup.ipPoolId, pools), isNull(multicastGroup.timeDeleted)))
    .groupBy(multicastGroup.ipPoolId, multicastGroup.state);
  for (const { poolId, state, count } of rows) {
    const states = counted.get(poolId) ?? { creating: 0, active: 0, deleting: 0 };
    states[state] = count;
    counted.set(poolId, states);
  }
  return counted;
}

type Activity = Pick<PoolStatistics, 'members' | 'rounds' | 'writes' | 'degraded' | 'timeConverged'>;

const IDLE: Activity = {
  members: { joining: 0, joined: 0, left: 0, removed: 0 },
  rounds: 0,
  writes: 0,
  degraded: 0,
  timeConverged: null,
};

/** What the groups of each pool do, added up. */
async function activityOf(db: Queryable, pools: string[]): Promise<Map<string, Activity>> {
  const rows = await db.execute<
    MembersByState & { id: string; rounds: number; writes: number; degraded: number; converged: string | null }
  >(sql`
    with g as (
      select id, ip_pool_id, round, config_generation, time_converged from multicast_group
      where ip_pool_id = any(${uuids(pools)}) and time_deleted is null
    ), counted as (
      select g.ip_pool_id, count(*) filter (where m.time_deleted is null and m.state = 'joining')::int as joining,
        count(*) filter (where m.time_deleted is null and m.state = 'joined')::int as joined,
        count(*) filter (where m.time_deleted is null and m.state = 'left')::int as "left",
        count(*) filter (where m.time_deleted is not null)::int as removed
      from multicast_group_member m join g on g.id = m.external_group_id group by 1
    ), written as (
      select g.ip_pool_id, sum(a.writes)::float8 as writes from switch_ack a join g on g.id = a.group_id group by 1
    ), lacking as (
      select g.ip_pool_id, count(distinct g.id)::int as degraded
      from g cross join switch s left join switch_ack a on a.switch_id = s.id and a.group_id = g.id
      where s.service <> 'in_service'
        and not coalesce(a.incarnation = s.incarnation and not a.suspect and a.config_generation >= g.config_generation, false)
      group by 1
    )
    select g.ip_pool_id as id, sum(g.round)::float8 as rounds, max(g.time_converged)::text as converged,
      coalesce(min(c.joining), 0) as joining, coalesce(min(c.joined), 0) as joined, coalesce(min(c."left"), 0) as "left",
      coalesce(min(c.removed), 0) as removed, coalesce(min(w.writes), 0) as writes, coalesce(min(l.degraded), 0) as degraded
    from g left join counted c using (ip_pool_id) left join written w using (ip_pool_id) left join lacking l using (ip_pool_id)
    group by 1`);
  return new Map(
    [...rows].map(({ id, joining, joined, left, removed, rounds, writes, degraded, converged }) => {
      const timeConverged = converged === null ? null : new Date(converged);
      return [id, { members: { joining, joined, left, removed }, rounds, writes, degraded, timeConverged }];
    }),
  );
}

function sizeOf(range: { first: string; last: string }): bigint {
  const [first, last] = [parseAddress(range.first), parseAddress(range.last)];
  if (first === null || last === null) throw new Error(`the database holds ${range.first}-${range.last}, no range`);
  return rangeSize({ first, last });
}
