/**
 * IP pools. Invariant: whoever adds or removes what a pool contains (ranges, links, groups' addresses) holds the pool's row lock
 * first, so a guard that found nothing in the way is still right when the change is committed.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { Queryable, Tx } from './client';
import { instant, readPage, type NamePage, type PageRead } from './page';
import { ipPool, ipPoolRange, ipPoolSilo, multicastGroup, rackSwitch, sled } from './schema';
import { violatedIndex } from './violations';

export type PoolRow = typeof ipPool.$inferSelect;
export type NewPool = Pick<
  PoolRow,
  'id' | 'name' | 'description' | 'ipVersion' | 'poolType' | 'switchPortUplinks' | 'mvlan'
>;
export type PoolChange = Partial<Pick<PoolRow, 'name' | 'description' | 'switchPortUplinks' | 'mvlan'>>;

export type PoolSelector = { id: string } | { name: string };

export async function findPool(db: Queryable, by: PoolSelector): Promise<PoolRow | null> {
  const rows = await db
    .select()
    .from(ipPool)
    .where(and('id' in by ? eq(ipPool.id, by.id) : eq(ipPool.name, by.name), isNull(ipPool.timeDeleted)));
  return rows[0] ?? null;
}

/** What operators see of a pool `r`; the API's schema says the same. */
const poolColumns = sql`
  r.id, r.name, r.description, ${instant(sql`r.time_created`)} as time_created, ${instant(sql`r.time_modified`)} as time_modified,
  r.ip_version, r.pool_type, r.mvlan, r.switch_port_uplinks`;

export async function listPools(db: Queryable, page: NamePage, known: string | null): Promise<PageRead> {
  const rows = sql`from ip_pool r where r.time_deleted is null`;
  // What a pool does not have is not mentioned.
  return readPage(db, { columns: poolColumns, rows, item: sql`json_strip_nulls(to_json(v))` }, page, known);
}

export async function createPool(db: Queryable, pool: NewPool): Promise<PoolRow> {
  const [row] = await named(pool.name, () => db.insert(ipPool).values(pool).returning());
  if (row === undefined) throw new Error('insert returned no row');
  return row;
}

/** Locks the pool until the transaction ends; null if it is gone. What the caller then reads is what others committed. */
export async function lockPool(tx: Tx, poolId: string): Promise<PoolRow | null> {
  const rows = await tx
    .select()
    .from(ipPool)
    .where(and(eq(ipPool.id, poolId), isNull(ipPool.timeDeleted)))
    .for('no key update');
  return rows[0] ?? null;
}

/** Changes the pool; null if it is gone. */
export async function updatePool(tx: Tx, poolId: string, change: PoolChange): Promise<PoolRow | null> {
  const [row] = await named(change.name ?? '', () =>
    tx
      .update(ipPool)
      .set({ ...change, timeModified: sql`now()` })
      .where(and(eq(ipPool.id, poolId), isNull(ipPool.timeDeleted)))
      .returning(),
  );
  return row ?? null;
}

/** Removes a pool that has no ranges, and so no groups; its links go with it. False if it was gone already. */
export async function deletePool(tx: Tx, poolId: string): Promise<boolean> {
  const pool = await lockPool(tx, poolId);
  if (pool === null) return false;
  const ranges = await tx
    .select({
      first: sql<string>`host(${ipPoolRange.firstAddress})`,
      last: sql<string>`host(${ipPoolRange.lastAddress})`,
    })
    .from(ipPoolRange)
    .where(and(eq(ipPoolRange.ipPoolId, poolId), isNull(ipPoolRange.timeDeleted)))
    .limit(1);
  const [left] = ranges;
  if (left !== undefined) {
    throw new CodedError(
      'InvalidRequest',
      `ip-pool "${pool.name}" cannot be deleted: it contains range ${left.first}-${left.last}`,
    );
  }
  await tx.delete(ipPoolSilo).where(eq(ipPoolSilo.ipPoolId, poolId));
  await tx
    .update(ipPool)
    .set({ timeDeleted: sql`now()` })
    .where(eq(ipPool.id, poolId));
  return true;
}

/** Ids of the pool's live groups, which a change of uplinks or VLAN concerns; in id order. */
export async function groupsOfPool(db: Queryable, poolId: string): Promise<string[]> {
  const rows = await db
    .select({ id: multicastGroup.id })
    .from(multicastGroup)
    .where(and(eq(multicastGroup.ipPoolId, poolId), isNull(multicastGroup.timeDeleted)))
    .orderBy(multicastGroup.id);
  return rows.map((row) => row.id);
}

/** What uplinks are checked against: the registered switches with their ports, if known, and the sleds' rear ports. */
export async function readPorts(db: Queryable) {
  const switches = await db.select({ slot: rackSwitch.slot, ports: rackSwitch.ports }).from(rackSwitch);
  const sleds = await db.select({ id: sled.id, rearPort: sled.rearPort }).from(sled);
  return { switches, sleds };
}

async function named<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (violatedIndex(error) !== 'lookup_pool_by_name') throw error;
    throw new CodedError('ObjectAlreadyExists', `already exists: ip-pool "${name}"`, { cause: error });
  }
}
