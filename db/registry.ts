/**
 * Silos, projects and VPCs as Nexus registers them. Putting the same thing twice changes nothing; nothing is removed from under
 * what still needs it. Whoever adds something below a row locks that row against removal (`for key share`), so the guards here
 * see all there is.
 */
import { and, asc, eq, gt, isNull, ne, sql, type SQL } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { Db, Queryable, Tx } from './client';
import type { IdPage } from './page';
import { apiToken, instance, ipPoolSilo, multicastGroup, project, roleAssignment, silo, vpc } from './schema';
import { violatedIndex } from './violations';

export type Put = 'created' | 'updated';

/** Whether the row of an upsert is a new one. */
export const isNew = sql<boolean>`(xmax = 0)`;

export async function putSilo(db: Db, row: { id: string; name: string }): Promise<Put> {
  return put('silo', row.name, () =>
    db
      .insert(silo)
      .values(row)
      .onConflictDoUpdate({ target: silo.id, set: { name: row.name, timeModified: sql`now()` } })
      .returning({ isNew }),
  );
}

export async function putProject(db: Db, row: { id: string; siloId: string; name: string }): Promise<Put> {
  return put('project', row.name, () =>
    db.transaction(async (tx) => {
      await requireRow(tx, sql`silo`, row.siloId, 'silo_id', 'silo');
      const stored = await tx
        .insert(project)
        .values(row)
        .onConflictDoUpdate({ target: project.id, set: { name: row.name, timeModified: sql`now()` } })
        .returning({ isNew, siloId: project.siloId });
      if (stored[0]?.siloId !== row.siloId) throw immutable('silo_id', 'project');
      return stored;
    }),
  );
}

export async function putVpc(db: Db, row: { id: string; projectId: string; name: string; vni: number }): Promise<Put> {
  return put('vpc', row.name, () =>
    db.transaction(async (tx) => {
      await requireRow(tx, sql`project`, row.projectId, 'project_id', 'project');
      const [before] = await tx.select().from(vpc).where(eq(vpc.id, row.id)).for('update');
      if (before !== undefined && before.projectId !== row.projectId) throw immutable('project_id', 'vpc');
      // Groups keep the VNI that they were created with.
      if (before !== undefined && before.vni !== row.vni)
        await refuseWhile(
          groupOf(tx, eq(multicastGroup.vpcId, row.id)),
          'the VNI of a VPC cannot change while it has multicast groups',
        );
      const [other] = await tx
        .select()
        .from(vpc)
        .where(and(eq(vpc.vni, row.vni), ne(vpc.id, row.id)));
      if (other !== undefined)
        throw new CodedError('InvalidRequest', `vni: vpc "${other.name}" with id "${other.id}" has VNI ${row.vni}`);
      return tx
        .insert(vpc)
        .values(row)
        .onConflictDoUpdate({ target: vpc.id, set: { name: row.name, vni: row.vni, timeModified: sql`now()` } })
        .returning({ isNew });
    }),
  );
}

/** False if there was nothing to delete. */
export async function deleteSilo(db: Db, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    if ((await tx.select({ id: silo.id }).from(silo).where(eq(silo.id, id)).for('update')).length === 0) return false;
    await refuseWhile(
      named(tx.select({ name: project.name }).from(project).where(eq(project.siloId, id)).limit(1), 'project'),
      'the silo cannot be removed',
    );
    await tx.delete(ipPoolSilo).where(eq(ipPoolSilo.siloId, id));
    await tx.delete(apiToken).where(eq(apiToken.siloId, id));
    await tx.delete(roleAssignment).where(and(eq(roleAssignment.scope, 'silo'), eq(roleAssignment.resourceId, id)));
    await tx.delete(silo).where(eq(silo.id, id));
    return true;
  });
}

export async function deleteProject(db: Db, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    if ((await tx.select({ id: project.id }).from(project).where(eq(project.id, id)).for('update')).length === 0)
      return false;
    const refusal = 'the project cannot be removed';
    await refuseWhile(groupOf(tx, eq(multicastGroup.projectId, id)), refusal);
    const live = and(eq(instance.projectId, id), isNull(instance.timeDeleted));
    await refuseWhile(
      named(tx.select({ name: instance.name }).from(instance).where(live).limit(1), 'instance'),
      refusal,
    );
    await refuseWhile(
      named(tx.select({ name: vpc.name }).from(vpc).where(eq(vpc.projectId, id)).limit(1), 'vpc'),
      refusal,
    );
    await tx.delete(roleAssignment).where(and(eq(roleAssignment.scope, 'project'), eq(roleAssignment.resourceId, id)));
    await tx.delete(project).where(eq(project.id, id));
    return true;
  });
}

export async function deleteVpc(db: Db, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    if ((await tx.select({ id: vpc.id }).from(vpc).where(eq(vpc.id, id)).for('update')).length === 0) return false;
    await refuseWhile(groupOf(tx, eq(multicastGroup.vpcId, id)), 'the VPC cannot be removed');
    await tx.delete(vpc).where(eq(vpc.id, id));
    return true;
  });
}

export const listSilos = (db: Queryable, page: IdPage) =>
  db.select().from(silo).where(after(silo.id, page)).orderBy(asc(silo.id)).limit(page.limit);
export const listProjects = (db: Queryable, page: IdPage) =>
  db.select().from(project).where(after(project.id, page)).orderBy(asc(project.id)).limit(page.limit);
export const listVpcs = (db: Queryable, page: IdPage) =>
  db.select().from(vpc).where(after(vpc.id, page)).orderBy(asc(vpc.id)).limit(page.limit);

export const readSilo = async (db: Queryable, id: string) =>
  (await db.select().from(silo).where(eq(silo.id, id)))[0] ?? null;
export const readProject = async (db: Queryable, id: string) =>
  (await db.select().from(project).where(eq(project.id, id)))[0] ?? null;
export const readVpc = async (db: Queryable, id: string) =>
  (await db.select().from(vpc).where(eq(vpc.id, id)))[0] ?? null;

const after = (id: typeof silo.id | typeof project.id | typeof vpc.id, page: IdPage) =>
  page.after === null ? undefined : gt(id, page.after);

async function put(kind: string, name: string, write: () => Promise<{ isNew: boolean }[]>): Promise<Put> {
  try {
    const [row] = await write();
    return row?.isNew === true ? 'created' : 'updated';
  } catch (error) {
    const index = violatedIndex(error);
    if (index === 'lookup_vpc_by_vni')
      throw new CodedError('InvalidRequest', 'vni: another VPC has this VNI', { cause: error });
    if (index !== null)
      throw new CodedError('ObjectAlreadyExists', `already exists: ${kind} "${name}"`, { cause: error });
    throw error;
  }
}

async function requireRow(tx: Tx, table: SQL, id: string, field: string, kind: string): Promise<void> {
  const rows = await tx.execute(sql`select 1 from ${table} where id = ${id} for key share`);
  if (rows.length === 0) throw new CodedError('InvalidRequest', `${field}: no ${kind} with id "${id}"`);
}

async function groupOf(tx: Tx, where: SQL): Promise<string | null> {
  const query = tx
    .select({ name: multicastGroup.name })
    .from(multicastGroup)
    .where(and(where, isNull(multicastGroup.timeDeleted)))
    .limit(1);
  return named(query, 'multicast-group');
}

async function named(query: PromiseLike<{ name: string }[]>, kind: string): Promise<string | null> {
  const [row] = await query;
  return row === undefined ? null : `${kind} "${row.name}"`;
}

async function refuseWhile(found: Promise<string | null>, refusal: string): Promise<void> {
  const name = await found;
  if (name !== null) throw new CodedError('InvalidRequest', `${refusal}: ${name} is in it`);
}

const immutable = (field: string, kind: string) => new CodedError('InvalidRequest', `${field}: a ${kind} cannot move`);
