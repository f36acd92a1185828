/** Drift, kept: found by reconciliation, closed by the round that repaired it. */
import { and, asc, desc, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import type { Difference } from '../domain/drift';
import type { Db, Queryable } from './client';
import { drift, multicastGroup, rackSwitch } from './schema';
import { texts, uuids } from './lists';

export type DriftRow = typeof drift.$inferSelect;

export interface FoundDrift {
  groupId: string;
  ip: string;
  kind: Difference['kind'] | 'orphan';
  port: string | null;
  detail: string;
}

/**
 * Drift that is known and open already keeps the time when it was found. What is found of the same port, or of the group as a whole,
 * is one row that says all of it.
 */
export async function recordDrift(
  db: Queryable,
  switchId: string,
  found: FoundDrift[],
  repairedBy: string | null = null,
): Promise<void> {
  if (found.length === 0) return;
  await db.execute(sql`
    insert into drift (switch_id, group_id, group_ip, kind, port, detail, time_repaired, repaired_by)
    select ${switchId}, r."groupId", min(r.ip), r.kind::drift_kind, coalesce(r.port, ''), string_agg(r.detail, ', ' order by r.detail),
      case when ${repairedBy}::text is not null then now() end, ${repairedBy}::text
    from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as r("groupId" text, ip text, kind text, port text, detail text)
    group by r."groupId", r.kind, r.port
    on conflict (switch_id, group_id, kind, port) where time_repaired is null do nothing`);
}

/**
 * What a sweep of one switch has made of the orphans on it: those that it removed are kept as repaired, those that it could not remove
 * stay open, and of those that an earlier sweep had to leave and this one did not meet somebody else has taken care.
 */
export async function settleOrphans(
  db: Db,
  switchId: string,
  { removed, left, by }: { removed: FoundDrift[]; left: FoundDrift[]; by: string },
): Promise<void> {
  await db.transaction(async (tx) => {
    const closed = await tx.execute<{ id: string }>(sql`
      update drift set time_repaired = now(), repaired_by = ${by}
      where switch_id = ${switchId} and kind = 'orphan' and time_repaired is null
        and not group_id = any(${texts(left.map((orphan) => orphan.groupId))})
      returning group_id as id`);
    const known = new Set([...closed].map((row) => row.id));
    await recordDrift(
      tx,
      switchId,
      removed.filter((orphan) => !known.has(orphan.groupId)),
      by,
    );
    await recordDrift(tx, switchId, left);
  });
}

/** What these switches have acknowledged of the group is what they hold: nothing about it differs any more. */
export async function closeDrift(
  db: Queryable,
  groupId: string,
  switchIds: string[],
  workflowId: string,
): Promise<void> {
  if (switchIds.length === 0) return;
  await db.execute(sql`
    update drift set time_repaired = now(), repaired_by = ${workflowId}
    where group_id = ${groupId} and switch_id = any(${uuids(switchIds)}) and time_repaired is null`);
}

export interface DriftPage {
  limit: number;
  /** Sequence of the last one seen. */
  before: number | null;
}

export interface DriftFilter {
  /** True: only what is not repaired; false: only what is. */
  open?: boolean | undefined;
  switch?: string | undefined;
  group?: string | undefined;
}

/** The names are null where the switch has left the rack, or nothing is known by that id any more. */
export type ListedDrift = DriftRow & { slot: number | null; groupName: string | null };

/** Newest first. */
export async function listDrift(db: Queryable, page: DriftPage, filter: DriftFilter = {}): Promise<ListedDrift[]> {
  const { open, switch: switchId, group } = filter;
  const rows = await db
    .select({ drift, slot: rackSwitch.slot, groupName: multicastGroup.name })
    .from(drift)
    .leftJoin(rackSwitch, eq(rackSwitch.id, drift.switchId))
    .leftJoin(multicastGroup, sql`${multicastGroup.id}::text = ${drift.groupId}`)
    .where(
      and(
        open === undefined ? undefined : open ? isNull(drift.timeRepaired) : isNotNull(drift.timeRepaired),
        switchId === undefined ? undefined : eq(drift.switchId, switchId),
        group === undefined ? undefined : eq(drift.groupId, group),
        page.before === null ? undefined : lt(drift.sequence, page.before),
      ),
    )
    .orderBy(desc(drift.sequence))
    .limit(page.limit);
  return rows.map((row) => ({ ...row.drift, slot: row.slot, groupName: row.groupName }));
}

/**
 * Repaired drift older than this is forgotten. What was open of a group or a switch that is gone meanwhile has nobody left to repair it.
 */
export async function forgetDrift(db: Queryable, days: number, by: string): Promise<void> {
  await db.execute(sql`
    update drift d set time_repaired = now(), repaired_by = ${by}
    where d.time_repaired is null and (not exists (select 1 from switch s where s.id = d.switch_id)
      or d.kind <> 'orphan' and not exists (
        select 1 from multicast_group g where g.id = case when d.kind <> 'orphan' then d.group_id::uuid end))`);
  await db.execute(sql`delete from drift where time_repaired < now() - ${days} * interval '1 day'`);
}

/** Open drift per switch, for metrics. */
export async function countDrift(db: Queryable): Promise<{ switchId: string; kind: string; count: number }[]> {
  return db
    .select({ switchId: drift.switchId, kind: drift.kind, count: sql<number>`count(*)::int` })
    .from(drift)
    .where(isNull(drift.timeRepaired))
    .groupBy(drift.switchId, drift.kind)
    .orderBy(asc(drift.switchId));
}
