/**
 * Who waits for a round: rows, written with the request and deleted when the event is finished. The round writes its outcome on them,
 * so that a run that was never told, or is begun again, can read it.
 */
import { sql, type SQL } from 'drizzle-orm';
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
}

export async function insertWaiters(tx: Tx, waiters: Waiter[]): Promise<void> {
  if (waiters.length > 0) await tx.execute(waiterStatement(waiters));
}

/** They wait for the group's newest request, which was made just before in the same transaction. */
export function waiterStatement(waiters: Waiter[]): SQL {
  return sql`
    insert into group_waiter (event_id, group_id, instance_id, request)
    select r."eventId", g.id, r."instanceId", g.requested
    from jsonb_to_recordset(${JSON.stringify(waiters)}::jsonb) as r("eventId" uuid, "groupId" uuid, "instanceId" uuid)
    join multicast_group g on g.id = r."groupId"
    on conflict (event_id, group_id) do update set request = excluded.request, outcome = null, reason = null, told = false`;
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
  await insertWaiters(
    tx,
    [...rows].map((row) => ({ eventId: row.event_id, groupId: row.group_id, instanceId: row.instance_id })),
  );
  return requests;
}
