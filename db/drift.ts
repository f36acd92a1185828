/** Drift, kept: found by reconciliation, closed by the round that repaired it. */
import { asc, desc, isNull, lt, and, sql } from 'drizzle-orm';
import type { Difference } from '../domain/drift';
import type { Queryable } from './client';
import { drift } from './schema';

export type DriftRow = typeof drift.$inferSelect;

export interface FoundDrift {
  groupId: string;
  ip: string;
  kind: Difference['kind'] | 'orphan';
  port: string | null;
  detail: string;
}

/** Drift that is known and open already keeps the time when it was found. */
export async function recordDrift(
  db: Queryable,
  switchId: string,
  found: FoundDrift[],
  repairedBy: string | null = null,
): Promise<void> {
  if (found.length === 0) return;
  await db.execute(sql`
    insert into drift (switch_id, group_id, group_ip, kind, port, detail, time_repaired, repaired_by)
    select ${switchId}, r."groupId", r.ip, r.kind::drift_kind, coalesce(r.port, ''), r.detail,
      case when ${repairedBy}::text is not null then now() end, ${repairedBy}::text
    from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as r("groupId" text, ip text, kind text, port text, detail text)
    on conflict (switch_id, group_id, kind, port) where time_repaired is null do nothing`);
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
    where group_id = ${groupId} and switch_id in ${switchIds} and time_repaired is null`);
}

export interface DriftPage {
  limit: number;
  /** Only what is not repaired. */
  open: boolean;
  /** Sequence of the last one seen. */
  before: number | null;
}

/** Newest first. */
export async function listDrift(db: Queryable, page: DriftPage): Promise<DriftRow[]> {
  return db
    .select()
    .from(drift)
    .where(
      and(
        page.open ? isNull(drift.timeRepaired) : undefined,
        page.before === null ? undefined : lt(drift.sequence, page.before),
      ),
    )
    .orderBy(desc(drift.sequence))
    .limit(page.limit);
}

/** Repaired drift older than this is forgotten. */
export async function forgetDrift(db: Queryable, days: number): Promise<void> {
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
