/**
 * Requests to converge. "This group must converge" is a number on its row; the signal only wakes the workflow.
 *
 * A wake-up is never lost: whoever finds the group clean signals, and so does whoever finds the oldest unserved request older
 * than `staleRequestMs` (its sender may have died between commit and signal). Group rows are locked in id order.
 */
import { sql, type SQL } from 'drizzle-orm';
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
  return groupIds.length === 0 ? [] : toRequests(await tx.execute(requestStatement(groupIds)));
}

/** The statement alone, for whoever sends it together with others; what follows it finds the number in the group's `requested`. */
export function requestStatement(groupIds: string[]): SQL {
  // The one who finds it stale starts the clock anew, so that a long round is not showered with signals.
  const stale = sql`clock_timestamp() - ${LIMITS.staleRequestMs} * interval '1 millisecond'`;
  return sql`
    with locked as (
      select id, requested, attempted, time_requested, time_retry from multicast_group
      where id = any(${uuids([...new Set(groupIds)])}) order by id for update
    )
    update multicast_group g
    set requested = g.requested + 1,
        time_requested = case when l.requested = l.attempted or l.time_requested < ${stale} then clock_timestamp()
          else g.time_requested end
    from locked l where g.id = l.id
    returning g.id as "groupId", host(g.multicast_ip) as ip, g.name, g.requested as request,
      (l.requested = l.attempted or l.time_retry is not null
        or l.time_requested < ${stale}) as wake`;
}

export function toRequests(rows: readonly Record<string, unknown>[]): GroupRequest[] {
  return [...rows] as unknown as GroupRequest[];
}
