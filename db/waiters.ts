/**
 * Who waits for a round: rows, written with the request and deleted when the event is finished. The round writes its outcome on them,
 * so that a run that was never told, or is begun again, can read it.
 */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { Queryable, Tx } from './client';
import { requestGroups, type GroupRequest } from './requests';
import { uuids } from './lists';

export type RoundOutcome = 'served' | 'failed' | 'refused';

export interface Wait {
  eventId: string;
  groupId: string;
  ip: string;
  name: string;
  /** Which of the group's requests; tells a renewed wait from the one before. */
  request: number;
  outcome: RoundOutcome | null;
  reason: string | null;
}

export interface Waiter {
  eventId: string;
  groupId: string;
  instanceId: string;
  request: number;
}

export async function insertWaiters(tx: Tx, waiters: Waiter[]): Promise<void> {
  if (waiters.length === 0) return;
  await tx.execute(sql`
    insert into group_waiter (event_id, group_id, instance_id, request)
    select r."eventId", r."groupId", r."instanceId", r.request
    from jsonb_to_recordset(${JSON.stringify(waiters)}::jsonb) as r("eventId" uuid, "groupId" uuid, "instanceId" uuid, request bigint)
    on conflict (event_id, group_id) do update set request = excluded.request, outcome = null, reason = null, told = false`);
}

/** What these events still wait for, with the outcome where a round has ended. */
export async function waitsOf(db: Queryable, eventIds: string[]): Promise<Wait[]> {
  if (eventIds.length === 0) return [];
  const rows = await db.execute<{
    event_id: string;
    group_id: string;
    ip: string | null;
    name: string | null;
    request: number;
    outcome: RoundOutcome | null;
    reason: string | null;
  }>(sql`
    select w.event_id, w.group_id, host(g.multicast_ip) as ip, g.name, w.request, w.outcome, w.reason
    from group_waiter w left join multicast_group g on g.id = w.group_id
    where w.event_id = any(${uuids(eventIds)}) order by w.event_id, w.group_id`);
  return [...rows].map((row) => ({
    eventId: row.event_id,
    groupId: row.group_id,
    ip: row.ip ?? '',
    name: row.name ?? '',
    request: row.request,
    // A group that is gone has nothing left to wait for.
    outcome: row.outcome ?? (row.ip === null ? 'served' : null),
    reason: row.reason,
  }));
}

export interface Delivery {
  workflowId: string;
  waits: { eventId: string; groupId: string; request: number; outcome: RoundOutcome; reason: string | null }[];
}

/** Outcomes of this group that some run has not been told. */
export async function undelivered(db: Queryable, groupId: string): Promise<Delivery[]> {
  const rows = await db.execute<{
    workflow_id: string;
    event_id: string;
    request: number;
    outcome: RoundOutcome;
    reason: string | null;
  }>(sql`
    select e.claimed_by as workflow_id, w.event_id, w.request, w.outcome, w.reason
    from group_waiter w join instance_event e on e.event_id = w.event_id
    where w.group_id = ${groupId} and w.outcome is not null and not w.told and e.claimed_by is not null`);
  const byWorkflow = new Map<string, Delivery>();
  for (const row of rows) {
    const delivery = byWorkflow.get(row.workflow_id) ?? { workflowId: row.workflow_id, waits: [] };
    delivery.waits.push({
      eventId: row.event_id,
      groupId,
      request: row.request,
      outcome: row.outcome,
      reason: row.reason,
    });
    byWorkflow.set(row.workflow_id, delivery);
  }
  return [...byWorkflow.values()];
}

/** Groups with outcomes, of events or of updates, that nobody was told: the run that decided them ended too early. */
export async function untoldGroups(db: Queryable): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select w.group_id as id from group_waiter w join instance_event e on e.event_id = w.event_id
    where w.outcome is not null and not w.told and e.claimed_by is not null
    union select group_id from multicast_group_update where not told and state in ('served', 'failed', 'refused')
    limit ${LIMITS.reconcilePage}`);
  return [...rows].map((row) => row.id);
}

/** Notes what was delivered; a wait that was renewed meanwhile is another one. */
export async function markDelivered(
  db: Queryable,
  groupId: string,
  told: { eventId: string; request: number }[],
): Promise<void> {
  if (told.length === 0) return;
  await db.execute(sql`
    update group_waiter w set told = true
    from jsonb_to_recordset(${JSON.stringify(told)}::jsonb) as r("eventId" uuid, request bigint)
    where w.group_id = ${groupId} and w.event_id = r."eventId" and w.request = r.request and w.outcome is not null`);
}

/**
 * Asks again for events whose change was applied, and judged, before they themselves were ready for it (their registration was still
 * under way): that verdict is not about them.
 */
export async function renewRefused(tx: Tx, eventIds: string[]): Promise<GroupRequest[]> {
  if (eventIds.length === 0) return [];
  const rows = await tx.execute<{ event_id: string; group_id: string; instance_id: string }>(sql`
    select event_id, group_id, instance_id from group_waiter where event_id = any(${uuids(eventIds)}) and outcome <> 'served'`);
  const requests = await requestGroups(
    tx,
    [...rows].map((row) => row.group_id),
  );
  const requestOf = new Map(requests.map((request) => [request.groupId, request.request]));
  await insertWaiters(
    tx,
    [...rows].flatMap((row) => {
      const request = requestOf.get(row.group_id);
      return request === undefined
        ? []
        : [{ eventId: row.event_id, groupId: row.group_id, instanceId: row.instance_id, request }];
    }),
  );
  return requests;
}
