/**
 * Links of IP pools to silos. Invariants: a silo has at most one default per pool type and IP version; a link that groups of the
 * silo depend on stays.
 */
import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { IpFamily } from '../domain/addresses';
import type { Queryable, Tx } from './client';
import { instant, pageById, readPage, type IdPage, type NamePage, type PageRead } from './page';
import { lockPool, type PoolRow, type PoolSelector } from './pools';
import { ipPool, ipPoolSilo, multicastGroup, project, silo } from './schema';
import { violatedIndex } from './violations';

export type LinkRow = typeof ipPoolSilo.$inferSelect;
export type LinkedPool = PoolRow & { isDefault: boolean };

const link = (poolId: string, siloId: string) => and(eq(ipPoolSilo.ipPoolId, poolId), eq(ipPoolSilo.siloId, siloId));

export async function listLinks(db: Queryable, poolId: string, page: IdPage): Promise<LinkRow[]> {
  const { where, order } = pageById(ipPoolSilo.siloId, page);
  return db
    .select()
    .from(ipPoolSilo)
    .where(and(eq(ipPoolSilo.ipPoolId, poolId), where))
    .orderBy(order)
    .limit(page.limit);
}

/** What a silo's users see of a pool `r`, linked by `l`; the API's schema says the same. */
const linkedColumns = sql`
  r.id, r.name, r.description, ${instant(sql`r.time_created`)} as time_created, ${instant(sql`r.time_modified`)} as time_modified,
  l.is_default`;

export async function listLinkedPools(
  db: Queryable,
  siloId: string,
  page: NamePage,
  known: string | null,
): Promise<PageRead> {
  const rows = sql`
    from ip_pool r join ip_pool_silo l on l.ip_pool_id = r.id where l.silo_id = ${siloId} and r.time_deleted is null`;
  return readPage(db, { columns: linkedColumns, rows, version: sql`xidsend(r.xmin) || xidsend(l.xmin)` }, page, known);
}

/** A pool as its silo's users see it; null whether it does not exist or is not linked. */
export async function findLinkedPool(db: Queryable, siloId: string, by: PoolSelector): Promise<LinkedPool | null> {
  const named = 'id' in by ? eq(ipPool.id, by.id) : eq(ipPool.name, by.name);
  const rows = await linkedPools(db).where(and(eq(ipPoolSilo.siloId, siloId), isNull(ipPool.timeDeleted), named));
  return rows[0] === undefined ? null : { ...rows[0].pool, isDefault: rows[0].isDefault };
}

/** The silo's default multicast pool of this version; of any version if null, IPv4 first. */
export async function findDefaultPool(db: Queryable, siloId: string, family: IpFamily | null): Promise<PoolRow | null> {
  const rows = await linkedPools(db)
    .where(
      and(
        eq(ipPoolSilo.siloId, siloId),
        eq(ipPoolSilo.isDefault, true),
        eq(ipPoolSilo.poolType, 'multicast'),
        family === null ? undefined : eq(ipPoolSilo.ipVersion, `v${family}`),
        isNull(ipPool.timeDeleted),
      ),
    )
    .orderBy(ipPoolSilo.ipVersion);
  return rows[0]?.pool ?? null;
}

/** Links the pool; null if it is gone. */
export async function linkPool(
  tx: Tx,
  poolId: string,
  to: { id: string; name: string },
  isDefault: boolean,
): Promise<LinkRow | null> {
  const pool = await lockPool(tx, poolId);
  if (pool === null) return null;
  const { poolType, ipVersion, name } = pool;
  const siloId = to.id;
  const taken = (why: string, cause?: unknown) =>
    new CodedError('ObjectAlreadyExists', `already exists: ip-pool-resource: ${why}`, { cause });
  const linked = `ip-pool "${name}" is linked to silo "${to.name}"`;
  const present = await linkedPools(tx).where(and(eq(ipPoolSilo.siloId, siloId), isNull(ipPool.timeDeleted)));
  if (present.some((each) => each.pool.id === poolId)) throw taken(linked);
  const rival = present.find(
    (each) => each.isDefault && each.pool.poolType === poolType && each.pool.ipVersion === ipVersion,
  );
  const has = `silo "${to.name}" has a default ${poolType} IP${ipVersion} pool`;
  if (isDefault && rival !== undefined) throw taken(`${has}, ip-pool "${rival.pool.name}"`);
  try {
    const rows = await tx
      .insert(ipPoolSilo)
      .values({ ipPoolId: poolId, siloId, isDefault, poolType, ipVersion })
      .returning();
    return rows[0] ?? null;
  } catch (error) {
    const index = violatedIndex(error);
    if (index === null) throw error;
    throw taken(index === 'one_default_ip_pool_per_silo' ? has : linked, error);
  }
}

/** Makes the pool the silo's default of its kind in place of another, or no default; null if there is no such link. */
export async function setDefault(tx: Tx, poolId: string, siloId: string, isDefault: boolean): Promise<LinkRow | null> {
  // Changes of one silo's defaults take turns, else two could each clear what the other has not yet set.
  await tx.select({ id: silo.id }).from(silo).where(eq(silo.id, siloId)).for('no key update');
  const [current] = await tx.select().from(ipPoolSilo).where(link(poolId, siloId));
  if (current === undefined) return null;
  if (isDefault) {
    await tx
      .update(ipPoolSilo)
      .set({ isDefault: false })
      .where(
        and(
          eq(ipPoolSilo.siloId, siloId),
          eq(ipPoolSilo.poolType, current.poolType),
          eq(ipPoolSilo.ipVersion, current.ipVersion),
          eq(ipPoolSilo.isDefault, true),
          ne(ipPoolSilo.ipPoolId, poolId),
        ),
      );
  }
  const [changed] = await tx.update(ipPoolSilo).set({ isDefault }).where(link(poolId, siloId)).returning();
  return changed ?? null;
}

/** Removes the link; false if there is none. */
export async function unlinkPool(tx: Tx, poolId: string, siloId: string): Promise<boolean> {
  const pool = await lockPool(tx, poolId);
  if (pool === null) return false;
  const [group] = await tx
    .select({ name: multicastGroup.name, project: project.name })
    .from(multicastGroup)
    .innerJoin(project, eq(project.id, multicastGroup.projectId))
    .where(and(eq(multicastGroup.ipPoolId, poolId), isNull(multicastGroup.timeDeleted), eq(project.siloId, siloId)))
    .limit(1);
  if (group !== undefined) {
    throw new CodedError(
      'InvalidRequest',
      `ip-pool "${pool.name}" cannot be unlinked: multicast-group "${group.name}" of project "${group.project}" has an address of it`,
    );
  }
  const gone = await tx.delete(ipPoolSilo).where(link(poolId, siloId)).returning({ siloId: ipPoolSilo.siloId });
  return gone.length > 0;
}

function linkedPools(db: Queryable) {
  return db
    .select({ pool: ipPool, isDefault: ipPoolSilo.isDefault })
    .from(ipPoolSilo)
    .innerJoin(ipPool, eq(ipPool.id, ipPoolSilo.ipPoolId))
    .$dynamic();
}
