/**
 * What comes after the rows of an event: a migration's move, and the two undos that rows have. Each is guarded by the very thing it
 * changes (the migration's VMM, the event that made the row), so that none can undo something newer; each asks its groups in
 * the same transaction; each may run twice.
 */
import { sql } from 'drizzle-orm';
import type { Db, Tx } from './client';
import { lockGroups } from './instance-rows';
import { requestGroups, type GroupRequest } from './requests';
import { insertWaiters } from './waiters';
import { uuids } from './lists';

/**
 * The target of each migration becomes the place, in all groups of its instance at once: from here there is no way back, and the
 * source's port and flow are no longer wanted. Events whose migration was overtaken move nothing.
 */
export async function moveToTarget(db: Db, eventIds: string[]): Promise<GroupRequest[]> {
  return db.transaction(async (tx) => {
    const moving = await migrationsUnderWay(tx, eventIds, targetsReceive);
    const requests = await requestGroups(tx, await groupsOf(tx, moving));
    await stamp(
      tx,
      moving,
      requests,
      sql`
      sled_id = m.target_sled_id, propolis_id = m.target_propolis_id, target_sled_id = null, target_propolis_id = null`,
    );
    await tx.execute(sql`
      update instance i set sled_id = i.target_sled_id, propolis_id = i.target_propolis_id,
        target_sled_id = null, target_propolis_id = null, time_modified = now()
      from jsonb_to_recordset(${JSON.stringify(moving)}::jsonb) as r(instance uuid, vmm uuid)
      where i.id = r.instance and i.target_propolis_id = r.vmm`);
    await waitAgain(tx, moving, requests);
    return requests;
  });
}

/** Undo of a migration's rows: the source stays. */
export async function withdrawTarget(db: Db, eventIds: string[]): Promise<GroupRequest[]> {
  return db.transaction(async (tx) => {
    const moving = await migrationsUnderWay(tx, eventIds, notOvertaken);
    const requests = await requestGroups(tx, await groupsOf(tx, moving));
    await stamp(tx, moving, requests, sql`target_sled_id = null, target_propolis_id = null`);
    await tx.execute(sql`
      update instance i set target_sled_id = null, target_propolis_id = null, time_modified = now()
      from jsonb_to_recordset(${JSON.stringify(moving)}::jsonb) as r(instance uuid, vmm uuid)
      where i.id = r.instance and i.target_propolis_id = r.vmm`);
    return requests;
  });
}

/** Undo of a create's rows: the memberships that these events made, and no others. */
export async function withdrawMemberships(db: Db, eventIds: string[]): Promise<GroupRequest[]> {
  if (eventIds.length === 0) return [];
  return db.transaction(async (tx) => {
    await tx.execute(sql`
      select id from instance where id in (select instance_id from instance_event where event_id = any(${uuids(eventIds)}))
      order by id for update`);
    const rows = await tx.execute<{ id: string; group_id: string }>(sql`
      select id, external_group_id as group_id from multicast_group_member
      where created_by = any(${uuids(eventIds)}) and time_deleted is null`);
    const requests = await requestGroups(
      tx,
      [...rows].map((row) => row.group_id),
    );
    await tx.execute(sql`
      update multicast_group_member m set time_deleted = now(), time_modified = now(), generation = r.request,
        sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null
      from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r("groupId" uuid, request bigint)
      where m.external_group_id = r."groupId" and m.created_by = any(${uuids(eventIds)}) and m.time_deleted is null`);
    return requests;
  });
}

interface Migration extends Record<string, unknown> {
  event: string;
  instance: string;
  /** The VMM that the instance migrates to. */
  vmm: string;
}

/** Which of these events' migrations are still to move, and not overtaken. */
export async function stillMigrating(db: Db, eventIds: string[]): Promise<string[]> {
  return db.transaction(async (tx) =>
    (await migrationsUnderWay(tx, eventIds, notOvertaken)).map((migration) => migration.event),
  );
}

/** Every group has said that the target receives; the rows say so, not a signal. */
const targetsReceive = sql`not exists (
  select 1 from group_waiter w where w.event_id = e.event_id and w.outcome is distinct from 'served')`;

const notOvertaken = sql`e.superseded_by is null`;

/** The migrations of these events that are under way and meet the condition; their instances are locked, in id order. */
async function migrationsUnderWay(tx: Tx, eventIds: string[], condition: ReturnType<typeof sql>): Promise<Migration[]> {
  if (eventIds.length === 0) return [];
  const rows = await tx.execute<Migration>(sql`
    select e.event_id as event, i.id as instance, i.target_propolis_id as vmm
    from instance i join instance_event e on e.instance_id = i.id
    where e.event_id = any(${uuids(eventIds)}) and e.time_applied is not null
      and i.target_propolis_id = (e.body -> 'target' ->> 'propolis_id')::uuid and ${condition}
    order by i.id for update of i`);
  return [...rows];
}

async function groupsOf(tx: Tx, moving: Migration[]): Promise<string[]> {
  if (moving.length === 0) return [];
  const rows = await tx.execute<{ id: string }>(sql`
    select distinct external_group_id as id from multicast_group_member
    where target_propolis_id = any(${uuids(moving.map((migration) => migration.vmm))}) and time_deleted is null`);
  const ids = [...rows].map((row) => row.id);
  await lockGroups(tx, ids);
  return ids;
}

async function stamp(
  tx: Tx,
  moving: Migration[],
  requests: GroupRequest[],
  change: ReturnType<typeof sql>,
): Promise<void> {
  if (moving.length === 0) return;
  await tx.execute(sql`
    update multicast_group_member m set ${change}, generation = r.request, time_modified = now()
    from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r("groupId" uuid, request bigint)
    where m.external_group_id = r."groupId" and m.time_deleted is null
      and m.target_propolis_id = any(${uuids(moving.map((migration) => migration.vmm))})`);
}

async function waitAgain(tx: Tx, moving: Migration[], requests: GroupRequest[]): Promise<void> {
  const waiters = moving.flatMap((migration) =>
    requests.map(({ groupId }) => ({
      eventId: migration.event,
      groupId,
      instanceId: migration.instance,
    })),
  );
  // With several migrations in one call, each waits only where its instance is a member.
  if (waiters.length === 0) return;
  const members = await tx.execute<{ instance: string; group_id: string }>(sql`
    select parent_id as instance, external_group_id as group_id from multicast_group_member
    where parent_id = any(${uuids(moving.map((migration) => migration.instance))}) and time_deleted is null`);
  const pairs = new Set([...members].map((row) => `${row.instance} ${row.group_id}`));
  await insertWaiters(
    tx,
    waiters.filter((waiter) => pairs.has(`${waiter.instanceId} ${waiter.groupId}`)),
  );
}

/** Undo of a start whose VMM could not be registered, if somebody else's run had applied it already: the VM is nowhere. */
export async function withdrawStart(db: Db, eventIds: string[]): Promise<GroupRequest[]> {
  if (eventIds.length === 0) return [];
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{ instance: string; vmm: string }>(sql`
      select i.id as instance, i.propolis_id as vmm
      from instance i join instance_event e on e.instance_id = i.id
      where e.event_id = any(${uuids(eventIds)}) and e.kind = 'start' and e.time_applied is not null and ${notOvertaken}
        and i.propolis_id = (e.body ->> 'propolis_id')::uuid
      order by i.id for update of i`);
    const vmms = [...rows].map((row) => row.vmm);
    if (vmms.length === 0) return [];
    const groups = await tx.execute<{ id: string }>(sql`
      select distinct external_group_id as id from multicast_group_member
      where propolis_id = any(${uuids(vmms)}) and time_deleted is null`);
    const requests = await requestGroups(
      tx,
      [...groups].map((row) => row.id),
    );
    await tx.execute(sql`
      update multicast_group_member m set sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null,
        generation = r.request, time_modified = now()
      from jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r("groupId" uuid, request bigint)
      where m.external_group_id = r."groupId" and m.time_deleted is null and m.propolis_id = any(${uuids(vmms)})`);
    await tx.execute(sql`
      update instance set state = 'stopped', sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null,
        time_modified = now()
      where propolis_id = any(${uuids(vmms)})`);
    return requests;
  });
}
