/** Accepted events that have not come through: those that nothing works on, and whether there are many on their way. */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { EventRef, WorkflowKind } from '../domain/events';
import type { Db } from './client';

export interface Undelivered extends EventRef {
  kind: WorkflowKind;
  claimedBy: string | null;
  sequence: number;
}

/**
 * A page of them, in order of acceptance, after the one with this sequence. Of an instance's events that have not changed rows yet only
 * the newest counts: its run applies the older ones, in order, and what it overtakes is over then.
 */
export async function undeliveredEvents(db: Db, after: number): Promise<Undelivered[]> {
  const rows = await db.execute<{
    event_id: string;
    instance_id: string;
    generation: number;
    kind: WorkflowKind;
    claimed_by: string | null;
    sequence: number;
  }>(sql`
    select event_id, instance_id, generation, kind, claimed_by, sequence from instance_event e
    where time_finished is null and kind <> 'reboot'
      and coalesce(time_claimed, time_accepted) < clock_timestamp() - ${LIMITS.redeliverAfterMs} * interval '1 millisecond'
      and sequence > ${after}
      and (time_applied is not null or claimed_by is not null or not exists (
        select 1 from instance_event n
        where n.instance_id = e.instance_id and n.generation > e.generation and n.time_applied is null and n.time_finished is null))
    order by sequence limit ${LIMITS.redeliverBatch}`);
  return [...rows].map((row) => ({
    eventId: row.event_id,
    instanceId: row.instance_id,
    generation: row.generation,
    kind: row.kind,
    claimedBy: row.claimed_by,
    sequence: row.sequence,
  }));
}

export interface BacklogFound {
  /** More events wait to change rows than one run takes. */
  isLong: boolean;
  /** Groups that enough events wait for already. */
  busyGroups: ReadonlySet<string>;
}

export async function lookAtBacklog(db: Db): Promise<BacklogFound> {
  const rows = await db.execute(sql`
    select 1 from instance_event where time_applied is null and time_finished is null offset ${LIMITS.eventsPerRun} limit 1`);
  if (rows.length === 0) return { isLong: false, busyGroups: new Set() };
  const busy = await db.execute<{ id: string }>(sql`
    select group_id as id from group_waiter where outcome is null group by group_id having count(*) >= ${LIMITS.gatheredEvents}`);
  return { isLong: true, busyGroups: new Set([...busy].map((row) => row.id)) };
}
