/**
 * Address ranges of IP pools. Invariants: no two live ranges of any pools overlap; all ranges of a multicast pool are of one
 * kind; a range with live groups stays.
 */
import { randomUUID } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { parseAddress, type IpAddress } from '../domain/addresses';
import { CodedError } from '../domain/errors';
import { mixedRangesFault, poolRangeFault, rangeSize, type AddressRange } from '../domain/pool-ranges';
import type { Queryable, Tx } from './client';
import type { IdPage } from './page';
import { lockPool, type PoolRow } from './pools';
import { ipPool, ipPoolRange, multicastGroup } from './schema';

export interface RangeRow {
  id: string;
  ipPoolId: string;
  range: AddressRange;
  timeCreated: Date;
}

const columns = {
  id: ipPoolRange.id,
  ipPoolId: ipPoolRange.ipPoolId,
  first: ipPoolRange.firstAddress,
  last: ipPoolRange.lastAddress,
  timeCreated: ipPoolRange.timeCreated,
};

const ofPool = (poolId: string) => and(eq(ipPoolRange.ipPoolId, poolId), isNull(ipPoolRange.timeDeleted));

/** In order of addresses; `after` is a first address. */
export async function listRanges(db: Queryable, poolId: string, page: IdPage): Promise<RangeRow[]> {
  const marker = page.after === null ? undefined : sql`${ipPoolRange.firstAddress} > ${page.after}::inet`;
  const rows = await db
    .select(columns)
    .from(ipPoolRange)
    .where(and(ofPool(poolId), marker))
    .orderBy(ipPoolRange.firstAddress)
    .limit(page.limit);
  return rows.map(toRange);
}

/** Adds a range; null if the pool is gone. */
export async function addRange(tx: Tx, poolId: string, range: AddressRange): Promise<RangeRow | null> {
  // Overlap concerns all pools, so all additions take turns.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('ip_pool_range'))`);
  const pool = await lockPool(tx, poolId);
  if (pool === null) return null;
  const fault = poolRangeFault(range, pool);
  if (fault !== null) throw new CodedError('InvalidRequest', fault);
  await refuseMixture(tx, pool, range);
  await refuseOverlap(tx, range);
  const [row] = await tx
    .insert(ipPoolRange)
    .values({ id: randomUUID(), ipPoolId: poolId, firstAddress: range.first.text, lastAddress: range.last.text })
    .returning(columns);
  if (row === undefined) throw new Error('insert returned no row');
  await tx
    .update(ipPool)
    .set({ rcgen: sql`${ipPool.rcgen} + 1` })
    .where(eq(ipPool.id, poolId));
  return toRange(row);
}

/** Removes the range with exactly these ends; false if the pool is gone. */
export async function removeRange(tx: Tx, poolId: string, range: AddressRange): Promise<boolean> {
  const pool = await lockPool(tx, poolId);
  if (pool === null) return false;
  const name = `range ${range.first.text}-${range.last.text}`;
  const [found] = await tx
    .select({ id: ipPoolRange.id })
    .from(ipPoolRange)
    .where(
      and(
        ofPool(poolId),
        sql`${ipPoolRange.firstAddress} = ${range.first.text}::inet`,
        sql`${ipPoolRange.lastAddress} = ${range.last.text}::inet`,
      ),
    );
  if (found === undefined) throw new CodedError('InvalidRequest', `ip-pool "${pool.name}" has no ${name}`);
  const [group] = await tx
    .select({ name: multicastGroup.name, ip: multicastGroup.multicastIp })
    .from(multicastGroup)
    .where(
      and(
        eq(multicastGroup.ipPoolId, poolId),
        eq(multicastGroup.ipPoolRangeId, found.id),
        isNull(multicastGroup.timeDeleted),
      ),
    )
    .limit(1);
  if (group !== undefined) {
    throw new CodedError(
      'InvalidRequest',
      `${name} cannot be removed: multicast-group "${group.name}" has ${group.ip}`,
    );
  }
  await tx
    .update(ipPoolRange)
    .set({ timeDeleted: sql`now()` })
    .where(eq(ipPoolRange.id, found.id));
  return true;
}

/** How many addresses the pool has, and how many of them are given to groups. */
export async function utilization(db: Queryable, poolId: string): Promise<{ capacity: bigint; allocated: bigint }> {
  const rows = await db.select(columns).from(ipPoolRange).where(ofPool(poolId));
  const capacity = rows.reduce((sum, row) => sum + rangeSize(toRange(row).range), 0n);
  const allocated = await db.$count(
    multicastGroup,
    and(eq(multicastGroup.ipPoolId, poolId), isNull(multicastGroup.timeDeleted)),
  );
  return { capacity, allocated: BigInt(allocated) };
}

async function refuseMixture(tx: Tx, pool: PoolRow, added: AddressRange): Promise<void> {
  if (pool.poolType !== 'multicast') return;
  // They are all of one kind already, so any one of them tells.
  const [existing] = await tx.select(columns).from(ipPoolRange).where(ofPool(pool.id)).limit(1);
  const fault = existing === undefined ? null : mixedRangesFault(added, toRange(existing).range);
  if (fault !== null) throw new CodedError('InvalidRequest', fault);
}

async function refuseOverlap(tx: Tx, added: AddressRange): Promise<void> {
  const [overlapping] = await tx
    .select(columns)
    .from(ipPoolRange)
    .where(
      and(
        isNull(ipPoolRange.timeDeleted),
        sql`${ipPoolRange.firstAddress} <= ${added.last.text}::inet`,
        sql`${ipPoolRange.lastAddress} >= ${added.first.text}::inet`,
      ),
    )
    .limit(1);
  if (overlapping === undefined) return;
  const { first, last } = toRange(overlapping).range;
  throw new CodedError(
    'InvalidRequest',
    `range ${added.first.text}-${added.last.text} overlaps with existing range ${first.text}-${last.text}`,
  );
}

function toRange(row: { id: string; ipPoolId: string; first: string; last: string; timeCreated: Date }): RangeRow {
  const { id, ipPoolId, timeCreated } = row;
  return { id, ipPoolId, timeCreated, range: { first: stored(row.first), last: stored(row.last) } };
}

function stored(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === null) throw new Error(`the database holds ${text}, which is no address`);
  return parsed;
}
