/**
 * What the rounds of a group have brought, for the workflows that wait for it. A run is told how its events ended, once: when the last of
 * them has, whichever group that was in. Events that are not over with their rounds (a VMM moves, or registers) are told each wait.
 * Read after the commit, as the ends of events are.
 */
import { sql } from 'drizzle-orm';
import type { EventEnd } from '../domain/events';
import { LIMITS } from '../domain/limits';
import type { Db, Queryable } from './client';
import { endsByItself } from './end-events';
import { texts, uuids } from './lists';
import type { RoundOutcome } from './waiters';

export interface Delivery {
  workflowId: string;
  ended: EventEnd[];
  waits: { eventId: string; groupId: string; request: number; outcome: RoundOutcome; reason: string | null }[];
}

const untold = sql`w.outcome is not null and not w.told and e.claimed_by is not null`;

/** What there is to tell, of runs that wait for this group. */
export async function undelivered(db: Queryable, groupId: string): Promise<Delivery[]> {
  const [ended, waits] = await Promise.all([endedRuns(db, groupId), openWaits(db, groupId)]);
  const byRun = new Map<string, Delivery>();
  const of = (workflowId: string): Delivery => {
    const delivery = byRun.get(workflowId) ?? { workflowId, ended: [], waits: [] };
    byRun.set(workflowId, delivery);
    return delivery;
  };
  for (const { workflowId, ...event } of ended) of(workflowId).ended.push(event);
  for (const { workflowId, ...wait } of waits) of(workflowId).waits.push(wait);
  return [...byRun.values()];
}

/** Runs whose events have all ended, some of them with this group, and how. */
async function endedRuns(db: Queryable, groupId: string): Promise<(EventEnd & { workflowId: string })[]> {
  const touched = await db.execute<{ run: string }>(sql`
    select distinct e.claimed_by as run from group_waiter w join instance_event e on e.event_id = w.event_id
    where w.group_id = ${groupId} and ${untold} and e.time_finished is not null and ${endsByItself}`);
  if (touched.length === 0) return [];
  const over = await db.execute<{ run: string }>(sql`
    select r.run from unnest(${texts([...touched].map((row) => row.run))}) as r(run) where not exists (
      select 1 from instance_event e where e.claimed_by = r.run and e.time_finished is null and ${endsByItself})`);
  if (over.length === 0) return [];
  const ended = await db.execute<EventEnd & { workflowId: string }>(sql`
    select e.claimed_by as "workflowId", e.event_id as "eventId", e.state as outcome, e.reason
    from instance_event e where e.claimed_by = any(${texts([...over].map((row) => row.run))}) and ${endsByItself}`);
  return [...ended];
}

async function openWaits(
  db: Queryable,
  groupId: string,
): Promise<(Delivery['waits'][number] & { workflowId: string })[]> {
  const rows = await db.execute<Delivery['waits'][number] & { workflowId: string } & Record<string, unknown>>(sql`
    select e.claimed_by as "workflowId", w.event_id as "eventId", w.group_id as "groupId", w.request, w.outcome, w.reason
    from group_waiter w join instance_event e on e.event_id = w.event_id
    where w.group_id = ${groupId} and ${untold} and not (${endsByItself})`);
  return [...rows];
}

/** Groups with outcomes, of events or of updates, that nobody was told: the run that decided them ended too early. */
export async function untoldGroups(db: Queryable): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select w.group_id as id from group_waiter w join instance_event e on e.event_id = w.event_id
    where ${untold} and (not (${endsByItself}) or not exists (
      select 1 from group_waiter o where o.event_id = e.event_id and o.outcome is null))
    union select group_id from multicast_group_update where not told and state in ('served', 'failed', 'refused')
    limit ${LIMITS.reconcilePage}`);
  return [...rows].map((row) => row.id);
}

/** Nobody waits any more for what is over and was told. A wait that was renewed meanwhile is another one. */
export async function markDelivered(db: Db, { ended, waits }: Pick<Delivery, 'ended' | 'waits'>): Promise<void> {
  if (ended.length > 0)
    await db.execute(sql`delete from group_waiter where event_id = any(${uuids(ended.map((event) => event.eventId))})`);
  if (waits.length > 0)
    await db.execute(sql`
      update group_waiter w set told = true
      from jsonb_to_recordset(${JSON.stringify(waits)}::jsonb) as r("eventId" uuid, "groupId" uuid, request bigint)
      where w.group_id = r."groupId" and w.event_id = r."eventId" and w.request = r.request and w.outcome is not null`);
}
