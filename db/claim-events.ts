/**
 * A run takes its events. An event belongs to the first workflow id that asks; the same id may ask again. So a lost start, a
 * duplicate start and a retry are all harmless. What has nothing to register changes rows at once, in the same transaction.
 */
import { sql } from 'drizzle-orm';
import type { EventEnd, EventRef } from '../domain/events';
import { applyDue, readApplied, type Applied } from './apply-events';
import type { Db, Tx } from './client';
import { endedEvents, endIdle, endsByItself, type FinishedEvent } from './end-events';
import { dueUpTo, lockInstances, membershipsOf, openEvents } from './instance-rows';
import { uuids } from './lists';

export interface ClaimedEvent extends EventRef {
  /** Whether the event carries a body for the sled agent's registration: then it changes no rows before that. */
  registers: boolean;
  /** Whether it is over with its rounds: nothing but them is waited for. */
  endsByItself: boolean;
}

export interface Claimed extends Applied {
  /** The events that are this workflow's and were not over; empty when others have them. */
  events: ClaimedEvent[];
  /** What is over of this workflow's events by now, some of it by an earlier run. */
  ended: EventEnd[];
  /** Those that ended in this call. */
  finished: FinishedEvent[];
}

/** Null while multicast is switched off: the events wait. */
export async function claimEvents(
  db: Db,
  workflowId: string,
  runId: string,
  refs: EventRef[],
): Promise<Claimed | null> {
  const ids = refs.map((ref) => ref.eventId);
  const taken = await db.transaction(async (tx) => {
    const instanceIds = [...new Set(refs.map((ref) => ref.instanceId))];
    const [gate, instances, events, open, memberships] = await Promise.all([
      tx.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`),
      lockInstances(tx, instanceIds),
      ownEvents(tx, workflowId, ids),
      openEvents(tx, instanceIds),
      membershipsOf(tx, instanceIds),
    ]);
    if (gate[0]?.enabled !== true) return null;
    const ready = events.filter((event) => !event.registers);
    const due = dueUpTo(open, ready);
    const changing = new Set(due.map((event) => event.eventId));
    await markClaimed(
      tx,
      workflowId,
      runId,
      events.filter((event) => !changing.has(event.eventId)),
    );
    const own = new Set(events.map((event) => event.eventId));
    const claim = { workflowId, runId, eventIds: own };
    const requests = await applyDue(tx, ready, { instances, memberships, open, due, claim });
    return { events, ready, due, requests };
  });
  if (taken === null) return null;
  const { events, ready, due, requests } = taken;
  const applied = await readApplied(db, ready, due, requests);
  const waiting = new Set(applied.waits.map((wait) => wait.eventId));
  const idle = ready.map((event) => event.eventId).filter((eventId) => !waiting.has(eventId));
  const finished = await endIdle(db, idle);
  const ended = await endedEvents(db, workflowId, ids);
  return { ...applied, events, finished, ended };
}

async function ownEvents(tx: Tx, workflowId: string, ids: string[]): Promise<ClaimedEvent[]> {
  const rows = await tx.execute<{
    event_id: string;
    instance_id: string;
    generation: number;
    registers: boolean;
    endsByItself: boolean;
  }>(sql`
    select event_id, instance_id, generation, coalesce(body -> 'vmm_registration', 'null') <> 'null' as registers,
      ${endsByItself} as "endsByItself"
    from instance_event e
    where event_id = any(${uuids(ids)}) and time_finished is null and (claimed_by is null or claimed_by = ${workflowId})
    order by sequence`);
  return [...rows].map(({ event_id: eventId, instance_id: instanceId, ...row }) => ({ eventId, instanceId, ...row }));
}

async function markClaimed(tx: Tx, workflowId: string, runId: string, events: EventRef[]): Promise<void> {
  if (events.length === 0) return;
  await tx.execute(sql`
    update instance_event set state = 'running',
      claimed_by = ${workflowId}, run_id = ${runId}, time_claimed = coalesce(time_claimed, now())
    where event_id = any(${uuids(events.map((event) => event.eventId))})`);
}
