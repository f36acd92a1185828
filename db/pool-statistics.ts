/**
 * Pools with what they hold: addresses, and groups by state. A page costs three statements whatever its size. Sizes are
 * exact: an IPv6 range has more addresses than a double, or a `bigint` of Postgres, can tell.
 */
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { parseAddress } from '../domain/addresses';
import { rangeSize } from '../domain/pool-ranges';
import type { Queryable } from './client';
import { pageById, type IdPage } from './page';
import type { PoolRow } from './pools';
import { ipPool, ipPoolRange, multicastGroup } from './schema';

export type GroupsByState = Record<'creating' | 'active' | 'deleting', number>;

export interface PoolStatistics {
  pool: PoolRow;
  ranges: { first: string; last: string }[];
  total: bigint;
  groups: GroupsByState;
  /** Every group has one address, whatever its state. */
  used: number;
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
  const [ranges, groups] = await Promise.all([rangesOf(db, ids), groupsOf(db, ids)]);
  return pools.map((pool) => {
    const own = ranges.filter((range) => range.poolId === pool.id).map(({ first, last }) => ({ first, last }));
    const states = groups.get(pool.id) ?? { creating: 0, active: 0, deleting: 0 };
    return {
      pool,
      ranges: own,
      total: own.reduce((sum, range) => sum + sizeOf(range), 0n),
      groups: states,
      used: states.creating + states.active + states.deleting,
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

function sizeOf(range: { first: string; last: string }): bigint {
  const [first, last] = [parseAddress(range.first), parseAddress(range.last)];
  if (first === null || last === null) throw new Error(`the database holds ${range.first}-${range.last}, no range`);
  return rangeSize({ first, last });
}
