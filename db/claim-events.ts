/**
 * A run takes its events. An event belongs to the first workflow id that asks; the same id may ask again. So a lost start, a
 * duplicate start and a retry are all harmless. What has nothing to register changes rows at once, in the same transaction.
 */
import { sql } from 'drizzle-orm';
import type { EventEnd, EventRef } from '../domain/events';
import { applyDue, readApplied, type Applied } from './apply-events';
import type { Db, Tx } from './client';
import { endedEvents, endIdle, type FinishedEvent } from './end-events';
import { dueUpTo, lockInstances, membershipsOf, openEvents, type OpenEvent } from './instance-rows';
import { uuids } from './lists';

/** Of a claimed event no more than its run needs to know: this goes into its history. */
export type ClaimedEvent = EventRef & Pick<OpenEvent, 'registers' | 'endsByItself'>;

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
    const [gate, instances, open, memberships] = await Promise.all([
      tx.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`),
      lockInstances(tx, instanceIds),
      openEvents(tx, instanceIds),
      membershipsOf(tx, instanceIds),
    ]);
    if (gate[0]?.enabled !== true) return null;
    const events = ownEvents(open, workflowId, ids);
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

/** Those of the events that are not over and that nobody else has, in order of acceptance. */
function ownEvents(open: OpenEvent[], workflowId: string, ids: string[]): ClaimedEvent[] {
  const asked = new Set(ids);
  return open
    .filter((event) => asked.has(event.eventId) && (event.claimedBy ?? workflowId) === workflowId)
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ eventId, instanceId, generation, registers, endsByItself }) => {
      return { eventId, instanceId, generation, registers, endsByItself };
    });
}

async function markClaimed(tx: Tx, workflowId: string, runId: string, events: EventRef[]): Promise<void> {
  if (events.length === 0) return;
  await tx.execute(sql`
    update instance_event set state = 'running',
      claimed_by = ${workflowId}, run_id = ${runId}, time_claimed = coalesce(time_claimed, now())
    where event_id = any(${uuids(events.map((event) => event.eventId))})`);
}
