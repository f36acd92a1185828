/**
 * Sleds: where each is plugged in and where its agent listens. A sled that moves to another port moves all its members: every
 * group with one there is asked to converge, once, in the transaction that moves the sled.
 */
import { asc, eq, gt, sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { Db, Queryable, Tx } from './client';
import type { IdPage } from './page';
import { isNew, type Put } from './registry';
import { requestGroups, type GroupRequest } from './requests';
import { sled } from './schema';
import { violatedIndex } from './violations';
import { texts, uuids } from './lists';

export type SledRow = typeof sled.$inferSelect;

export interface SledRegistration {
  id: string;
  rearPort: number;
  agentAddress: string;
  /** null leaves what the agent itself has said. */
  agentApiVersion: number | null;
}

/** `requests` are to be woken after the commit. */
export async function putSled(db: Db, row: SledRegistration): Promise<{ put: Put; requests: GroupRequest[] }> {
  try {
    return await db.transaction(async (tx) => {
      const [before] = await tx.select().from(sled).where(eq(sled.id, row.id)).for('update');
      await refuseSharedBit(tx, row.rearPort);
      const stored = await tx
        .insert(sled)
        .values(row)
        .onConflictDoUpdate({ target: sled.id, set: changesOf(row, before) })
        .returning({ isNew });
      const moved = before !== undefined && before.rearPort !== row.rearPort;
      const requests = moved ? await moveMembers(tx, row.id, [before.rearPort, row.rearPort]) : [];
      return { put: stored[0]?.isNew === true ? 'created' : 'updated', requests };
    });
  } catch (error) {
    if (violatedIndex(error) !== 'lookup_sled_by_rear_port') throw error;
    const [other] = await db.select({ id: sled.id }).from(sled).where(eq(sled.rearPort, row.rearPort));
    const message = `port: sled "${other?.id ?? 'just removed'}" is registered at rear${row.rearPort}`;
    throw new CodedError('InvalidRequest', message, { cause: error });
  }
}

/** rearN and qsfpN share a bit in the switch's hardware, so a sled cannot be where a pool has its uplink. */
async function refuseSharedBit(tx: Tx, rearPort: number): Promise<void> {
  const rows = await tx.execute<{ name: string; uplink: string }>(sql`
    select p.name, u as uplink from ip_pool p, unnest(p.switch_port_uplinks) u
    where p.time_deleted is null and split_part(u, '.', 2) = ${`qsfp${rearPort}`} limit 1`);
  const found = rows[0];
  if (found === undefined) return;
  const { name, uplink } = found;
  throw new CodedError(
    'InvalidRequest',
    `port: rear${rearPort} shares a bit of the switch with ${uplink}, an uplink of ip-pool "${name}"`,
  );
}

function changesOf({ rearPort, agentAddress, agentApiVersion }: SledRegistration, before: SledRow | undefined) {
  // What an agent at another address speaks is not known from before.
  const known = before?.agentAddress === agentAddress ? before.agentApiVersion : null;
  return { rearPort, agentAddress, agentApiVersion: agentApiVersion ?? known, timeModified: sql`now()` };
}

/** A refusal of either port was about who was behind it before. */
async function moveMembers(tx: Tx, id: string, ports: number[]): Promise<GroupRequest[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select distinct external_group_id as id from multicast_group_member
    where time_deleted is null and (sled_id = ${id} or target_sled_id = ${id})`);
  const groupIds = [...rows].map((row) => row.id);
  if (groupIds.length === 0) return [];
  const requests = await requestGroups(tx, groupIds);
  await tx.execute(sql`
    delete from refused_port where group_id = any(${uuids(groupIds)}) and port = any(${texts(ports.map((port) => `rear${port}`))})`);
  return requests;
}

/** False if there was nothing to delete. */
export async function deleteSled(db: Db, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    if ((await tx.select({ id: sled.id }).from(sled).where(eq(sled.id, id)).for('update')).length === 0) return false;
    const user = await findUser(tx, id);
    if (user !== null) throw new CodedError('InvalidRequest', `the sled cannot be removed: ${user}`);
    await tx.delete(sled).where(eq(sled.id, id));
    return true;
  });
}

async function findUser(tx: Tx, id: string): Promise<string | null> {
  const rows = await tx.execute<{ text: string }>(sql`
    (select 'instance "' || name || '" is on it' as text from instance where sled_id = ${id} or target_sled_id = ${id} limit 1)
    union all
    (select 'multicast-group "' || g.name || '" has a member on it' from multicast_group_member m
      join multicast_group g on g.id = m.external_group_id
      where m.time_deleted is null and (m.sled_id = ${id} or m.target_sled_id = ${id}) limit 1)
    union all
    (select 'an accepted event of instance ' || instance_id || ' needs it' from instance_event
      where time_applied is null and time_finished is null
        and ${id}::text in (body ->> 'sled_id', body #>> '{source,sled_id}', body #>> '{target,sled_id}') limit 1)
    limit 1`);
  return rows[0]?.text ?? null;
}

export const listSleds = (db: Queryable, page: IdPage): Promise<SledRow[]> =>
  db
    .select()
    .from(sled)
    .where(page.after === null ? undefined : gt(sled.id, page.after))
    .orderBy(asc(sled.id))
    .limit(page.limit);

export const readSled = async (db: Queryable, id: string): Promise<SledRow | null> =>
  (await db.select().from(sled).where(eq(sled.id, id)))[0] ?? null;
