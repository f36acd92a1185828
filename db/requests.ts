/**
 * Requests to converge. "This group must converge" is a number on its row; the signal only wakes the workflow.
 *
 * A wake-up is never lost: whoever finds the group clean signals, and so does whoever finds the oldest unserved request older
 * than `staleRequestMs` (its sender may have died between commit and signal). Group rows are locked in id order.
 */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { Tx } from './client';
import { uuids } from './lists';

export interface GroupRequest {
  groupId: string;
  ip: string;
  name: string;
  /** Number of the request. Members that change with it carry it as their generation. */
  request: number;
  /** Whether the caller has to wake the group's workflow after its commit. */
  wake: boolean;
}

/**
 * Asks these groups to converge, inside the caller's transaction and before it changes any member: the change is stamped with
 * the request's number. Groups that are gone are left out.
 */
export async function requestGroups(tx: Tx, groupIds: string[]): Promise<GroupRequest[]> {
  if (groupIds.length === 0) return [];
  // The one who finds it stale starts the clock anew, so that a long round is not showered with signals.
  const stale = sql`clock_timestamp() - ${LIMITS.staleRequestMs} * interval '1 millisecond'`;
  const rows = await tx.execute<{ id: string; ip: string; name: string; request: number; wake: boolean }>(sql`
    with locked as (
      select id, requested, attempted, time_requested, time_retry from multicast_group
      where id = any(${uuids([...new Set(groupIds)])}) order by id for update
    )
    update multicast_group g
    set requested = g.requested + 1,
        time_requested = case when l.requested = l.attempted or l.time_requested < ${stale} then clock_timestamp()
          else g.time_requested end
    from locked l where g.id = l.id
    returning g.id, host(g.multicast_ip) as ip, g.name, g.requested as request,
      (l.requested = l.attempted or l.time_retry is not null
        or l.time_requested < ${stale}) as wake`);
  return rows.map((row) => ({ groupId: row.id, ip: row.ip, name: row.name, request: row.request, wake: row.wake }));
}
