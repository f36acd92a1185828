/** Accepted events that nothing works on: never taken, or taken by a run that is over. */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { EventRef, WorkflowKind } from '../domain/events';
import type { Db } from './client';

export interface Undelivered extends EventRef {
  kind: WorkflowKind;
  claimedBy: string | null;
}

export async function undeliveredEvents(db: Db): Promise<Undelivered[]> {
  const rows = await db.execute<{
    event_id: string;
    instance_id: string;
    generation: number;
    kind: WorkflowKind;
    claimed_by: string | null;
  }>(sql`
    select event_id, instance_id, generation, kind, claimed_by from instance_event
    where time_finished is null and kind <> 'reboot'
      and coalesce(time_claimed, time_accepted) < clock_timestamp() - ${LIMITS.redeliverAfterMs} * interval '1 millisecond'
    order by time_accepted, event_id limit ${LIMITS.redeliverBatch}`);
  return [...rows].map((row) => ({
    eventId: row.event_id,
    instanceId: row.instance_id,
    generation: row.generation,
    kind: row.kind,
    claimedBy: row.claimed_by,
  }));
}
