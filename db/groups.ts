/**
 * Multicast groups: lists, renaming and the beginning of their end. Invariant: every change of state is guarded by the state it
 * starts from, so nothing revives a group that is being deleted, and nothing deletes it twice.
 */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { Queryable, Tx } from './client';
import { claimName, refuseUpdates } from './group-updates';
import { instant, readPage, type NamePage, type PageRead } from './page';
import { requestGroups, type GroupRequest } from './requests';
import { multicastGroup } from './schema';

export type GroupRow = typeof multicastGroup.$inferSelect;

const live = (id: string) => and(eq(multicastGroup.id, id), isNull(multicastGroup.timeDeleted));

/** What users see of a group `r`; the API's schema says the same. */
export const groupColumns = sql`
  r.id, r.name, r.description, ${instant(sql`r.time_created`)} as time_created, ${instant(sql`r.time_modified`)} as time_modified,
  r.multicast_ip, r.source_ips, r.ip_pool_id, r.project_id, r.vpc_id, r.vni, initcap(r.state::text) as state`;

export async function listGroups(
  db: Queryable,
  projectId: string,
  page: NamePage,
  known: string | null,
): Promise<PageRead> {
  const rows = sql`from multicast_group r where r.project_id = ${projectId} and r.time_deleted is null`;
  return readPage(db, { columns: groupColumns, rows }, page, known);
}

/** New name or description, which no switch knows of. Only an Active group can be changed. */
export async function describeGroup(
  tx: Tx,
  group: Pick<GroupRow, 'id' | 'projectId'>,
  change: { name?: string; description?: string },
): Promise<void> {
  if (change.name !== undefined) await claimName(tx, group.projectId, change.name, group.id);
  const changed = await tx
    .update(multicastGroup)
    .set({ ...change, timeModified: sql`now()` })
    .where(and(live(group.id), eq(multicastGroup.state, 'active')))
    .returning({ id: multicastGroup.id });
  if (changed.length > 0) return;
  const [present] = await tx.select().from(multicastGroup).where(live(group.id));
  throw present === undefined ? absent(group.id) : notActive(present);
}

/** New sources, for a group that no switch follows yet. */
export async function storeSources(tx: Tx, id: string, sources: string[]): Promise<GroupRequest[]> {
  const requests = await requestGroups(tx, [id]);
  await tx
    .update(multicastGroup)
    .set({ sourceIps: sources, timeModified: sql`now()` })
    .where(live(id));
  return requests;
}

export function notActive({ name, state }: GroupRow): CodedError {
  const shown = { creating: 'Creating', active: 'Active', deleting: 'Deleting' }[state];
  return new CodedError('InvalidRequest', `multicast-group "${name}" is ${shown}, it must be Active to be updated`);
}

/** Marks the group as Deleting and ends its memberships; the switches follow. Refused if it is Deleting already. */
export async function deleteGroup(tx: Tx, id: string): Promise<GroupRequest[]> {
  const marked = await tx
    .update(multicastGroup)
    .set({ state: 'deleting', timeModified: sql`now()` })
    .where(and(live(id), inArray(multicastGroup.state, ['creating', 'active'])))
    .returning({ id: multicastGroup.id });
  if (marked.length === 0) throw absent(id);
  await refuseUpdates(tx, id);
  const requests = await requestGroups(tx, [id]);
  await tx.execute(sql`
    update multicast_group_member m
    set time_deleted = now(), time_modified = now(), generation = ${requests[0]?.request ?? 0},
      sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null
    where m.external_group_id = ${id} and m.time_deleted is null`);
  return requests;
}

const absent = (id: string) => new CodedError('ObjectNotFound', `not found: multicast-group with id "${id}"`);
