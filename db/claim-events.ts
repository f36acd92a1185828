/**
 * A run takes its events. An event belongs to the first workflow id that asks; the same id may ask again. So a lost start, a
 * duplicate start and a retry are all harmless.
 */
import { sql } from 'drizzle-orm';
import type { EventRef } from '../domain/events';
import type { Db } from './client';
import { uuids } from './lists';

export interface ClaimedEvent extends EventRef {
  /** Whether the event carries a body for the sled agent's registration. */
  registers: boolean;
}

/** The events that are this workflow's and not over; empty when others have them. Null while multicast is switched off. */
export async function claimEvents(
  db: Db,
  workflowId: string,
  runId: string,
  eventIds: string[],
): Promise<ClaimedEvent[] | null> {
  if (eventIds.length === 0) return [];
  return db.transaction(async (tx) => {
    const gate = await tx.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`);
    if (gate[0]?.enabled !== true) return null;
    const rows = await tx.execute<{
      event_id: string;
      instance_id: string;
      generation: number;
      registers: boolean;
    }>(sql`
      update instance_event set
        state = 'running', claimed_by = ${workflowId}, run_id = ${runId}, time_claimed = coalesce(time_claimed, now())
      where event_id = any(${uuids(eventIds)}) and time_finished is null and (claimed_by is null or claimed_by = ${workflowId})
      returning event_id, instance_id, generation, coalesce(body -> 'vmm_registration', 'null') <> 'null' as registers`);
    return [...rows].map((row) => ({
      eventId: row.event_id,
      instanceId: row.instance_id,
      generation: row.generation,
      registers: row.registers,
    }));
  });
}

export interface FinishedEvent extends Record<string, unknown> {
  kind: string;
  outcome: string;
  /** Since its acceptance. */
  seconds: number;
}

/**
 * The outcome of each event of this workflow, written once: what is over stays as it is, and waits for nothing any more.
 * Returns those that ended now.
 */
export async function finishEvents(
  db: Db,
  workflowId: string,
  outcomes: { eventId: string; outcome: 'succeeded' | 'failed'; reason: string | null }[],
): Promise<FinishedEvent[]> {
  if (outcomes.length === 0) return [];
  const rows = await db.execute<FinishedEvent>(sql`
    with finished as (update instance_event e set
      state = (case when e.superseded_by is not null then 'superseded' else r.outcome end)::event_state,
      reason = case when e.superseded_by is not null then 'overtaken by generation ' || e.superseded_by else r.reason end,
      time_applied = coalesce(e.time_applied, now()),
      time_finished = now()
    from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as r("eventId" uuid, outcome text, reason text)
    where e.event_id = r."eventId" and e.claimed_by = ${workflowId} and e.time_finished is null
    returning e.event_id, e.kind, e.state, e.time_finished - e.time_accepted as taken),
    waited as (delete from group_waiter w using finished f where w.event_id = f.event_id)
    select kind, state as outcome, extract(epoch from taken)::float8 as seconds from finished`);
  return [...rows];
}
