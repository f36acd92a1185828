/**
 * Updates of a group that the switches must follow: a queue of rows. A round takes at most the oldest one and commits its name and
 * its values together, or not at all; a name is reserved from acceptance on, so that it is still free then.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { Queryable, Tx } from './client';
import { lockGroups } from './instance-rows';
import { requestGroups, type GroupRequest } from './requests';
import type { RoundOutcome } from './waiters';
import { uuids } from './lists';

export interface WantedUpdate {
  groupId: string;
  /** null = as it is, here and below. */
  name: string | null;
  description: string | null;
  sources: string[] | null;
}

export type UpdateState = 'pending' | 'taken' | RoundOutcome | 'withdrawn';

/** Puts an update in the queue of its group, which must be Active. */
export async function acceptUpdate(
  tx: Tx,
  wanted: WantedUpdate,
): Promise<{ updateId: string; requests: GroupRequest[] }> {
  await lockGroups(tx, [wanted.groupId]);
  const rows = await tx.execute<{ project_id: string; state: string }>(sql`
    select project_id, state from multicast_group where id = ${wanted.groupId} and state = 'active'`);
  const group = rows[0];
  if (group === undefined)
    throw new CodedError('InvalidRequest', `multicast-group with id "${wanted.groupId}" must be Active to be updated`);
  if (wanted.name !== null) await claimName(tx, group.project_id, wanted.name, wanted.groupId);
  const updateId = randomUUID();
  await tx.execute(sql`
    insert into multicast_group_update (id, group_id, project_id, name, description, source_ips, state)
    values (${updateId}, ${wanted.groupId}, ${group.project_id}, ${wanted.name}, ${wanted.description},
      ${wanted.sources === null ? null : `{${wanted.sources.join(',')}}`}::inet[], 'pending')`);
  return { updateId, requests: await requestGroups(tx, [wanted.groupId]) };
}

/** Makes sure that the name is nobody's and nobody's to be; holds it until the transaction ends. */
export async function claimName(tx: Tx, projectId: string, name: string, exceptGroup: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${projectId}/${name}`}, 0))`);
  const taken = await tx.execute(sql`
    select 1 from multicast_group
    where project_id = ${projectId} and name = ${name} and time_deleted is null and id <> ${exceptGroup}
    union all
    select 1 from multicast_group_update
    where project_id = ${projectId} and name = ${name} and state in ('pending', 'taken') and group_id <> ${exceptGroup}`);
  if (taken.length > 0) throw new CodedError('ObjectAlreadyExists', `already exists: multicast-group "${name}"`);
}

/** The update that this round shall bring: the oldest. One that a lost round had taken is taken again. */
export async function takeUpdate(tx: Tx, groupId: string, round: number): Promise<{ sources: string[] | null } | null> {
  const rows = await tx.execute<{ sources: string[] | null }>(sql`
    update multicast_group_update set state = 'taken', round = ${round}
    where id = (select id from multicast_group_update
      where group_id = ${groupId} and state in ('pending', 'taken') order by sequence limit 1)
    returning case when source_ips is not null then array(select host(s) from unnest(source_ips) s) end as sources`);
  return rows[0] ?? null;
}

/** The outcome of the update that this round had taken: its values become the group's, or the old ones stand. */
export async function settleUpdate(
  tx: Tx,
  groupId: string,
  round: number,
  outcome: RoundOutcome,
  reason: string | null,
): Promise<boolean> {
  const settled = await tx.execute<{ id: string }>(sql`
    update multicast_group_update set state = ${outcome}, reason = ${reason}, time_finished = now()
    where group_id = ${groupId} and state = 'taken' and round = ${round} returning id`);
  const id = settled[0]?.id;
  if (id === undefined) return false;
  if (outcome === 'served') {
    await tx.execute(sql`
      update multicast_group g set name = coalesce(u.name, g.name), description = coalesce(u.description, g.description),
        source_ips = coalesce(u.source_ips, g.source_ips), time_modified = now()
      from multicast_group_update u where u.id = ${id} and g.id = u.group_id`);
  }
  return true;
}

/** Nothing can be updated on a group that goes. */
export async function refuseUpdates(tx: Tx, groupId: string): Promise<void> {
  await tx.execute(sql`
    update multicast_group_update set state = 'refused', reason = 'the group is being deleted', time_finished = now()
    where group_id = ${groupId} and state in ('pending', 'taken')`);
}

/** Whether an update waits: then what needs no switch has to wait its turn behind it. */
export async function hasUpdates(db: Queryable, groupId: string): Promise<boolean> {
  const rows = await db.execute(sql`
    select 1 from multicast_group_update where group_id = ${groupId} and state in ('pending', 'taken') limit 1`);
  return rows.length > 0;
}

/** Takes an update out of the queue, unless a round has it already. Says where it stands. */
export async function withdrawUpdate(
  db: Queryable,
  id: string,
): Promise<{ state: UpdateState; reason: string | null } | null> {
  await db.execute(sql`
    update multicast_group_update set state = 'withdrawn', reason = 'no round came in time', time_finished = now()
    where id = ${id} and state = 'pending'`);
  const rows = await db.execute<{ state: UpdateState; reason: string | null }>(sql`
    select state, reason from multicast_group_update where id = ${id}`);
  return rows[0] ?? null;
}

export interface UpdateOutcome {
  updateId: string;
  outcome: RoundOutcome;
  reason: string | null;
}

/** Outcomes that the updates' workflows have not been told. */
export async function untoldUpdates(db: Queryable, groupId: string): Promise<UpdateOutcome[]> {
  const rows = await db.execute<{ id: string; state: RoundOutcome; reason: string | null }>(sql`
    select id, state, reason from multicast_group_update
    where group_id = ${groupId} and state in ('served', 'failed', 'refused') and not told`);
  return [...rows].map((row) => ({ updateId: row.id, outcome: row.state, reason: row.reason }));
}

export async function markTold(db: Queryable, ids: string[]): Promise<void> {
  if (ids.length > 0)
    await db.execute(sql`update multicast_group_update set told = true where id = any(${uuids(ids)})`);
}
