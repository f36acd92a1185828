/** Service state of the switches, as the health check, the rounds and resync see and change it. */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { PortMember } from '../domain/switch-config';
import type { SwitchService } from '../domain/switch-service';
import type { Db, Queryable } from './client';
import { uuids } from './lists';
import { requestGroups, type GroupRequest } from './requests';

export interface SwitchRow {
  id: string;
  slot: number;
  address: string;
  service: SwitchService;
  incarnation: number;
  ports: string[] | null;
  failures: number;
  swept: boolean;
  lastError: string | null;
  lastSeen: { uptime: number; secondsAgo: number } | null;
}

interface Columns extends Record<string, unknown> {
  id: string;
  slot: number;
  dpd_address: string;
  service: SwitchService;
  incarnation: number;
  ports: string[] | null;
  failures: number;
  swept: boolean;
  last_error: string | null;
  uptime: number | null;
  seconds_ago: number | null;
}

const columns = sql.raw(`id, slot, dpd_address, service, incarnation, ports, failures, swept, last_error, uptime,
  extract(epoch from clock_timestamp() - time_last_seen)::float8 as seconds_ago`);

function toRow(row: Columns): SwitchRow {
  const { id, slot, dpd_address: address, service, incarnation, ports, failures, swept, last_error: lastError } = row;
  const { uptime, seconds_ago: secondsAgo } = row;
  const lastSeen = uptime === null || secondsAgo === null ? null : { uptime, secondsAgo };
  return { id, slot, address, service, incarnation, ports, failures, swept, lastError, lastSeen };
}

export async function allSwitches(db: Queryable): Promise<SwitchRow[]> {
  return [...(await db.execute<Columns>(sql`select ${columns} from switch order by slot`))].map(toRow);
}

export async function findSwitch(db: Queryable, id: string): Promise<SwitchRow | null> {
  const rows = await db.execute<Columns>(sql`select ${columns} from switch where id = ${id}`);
  return rows[0] === undefined ? null : toRow(rows[0]);
}

/** The switch, and the members of a change to this group there of which nobody knows how it ended. */
export async function findSwitchFor(
  db: Queryable,
  id: string,
  groupId: string,
): Promise<{ row: SwitchRow; asked: PortMember[] | null } | null> {
  const rows = await db.execute<Columns & { asked: PortMember[] | null }>(sql`
    select ${columns}, (select a.asked_members from switch_ack a where a.switch_id = switch.id and a.group_id = ${groupId}) as asked
    from switch where id = ${id}`);
  return rows[0] === undefined ? null : { row: toRow(rows[0]), asked: rows[0].asked };
}

export interface SwitchChange {
  service: SwitchService;
  incarnation: number;
  failures: number;
  ports: string[] | null;
  swept: boolean;
  /** Null leaves what is stored. */
  apiVersion: number | null;
  multicast: boolean;
  lastError: string | null;
  /** The uptime that it answered with; null when it did not answer. */
  uptime: number | null;
}

/**
 * Stores what a check decided, if the switch is still what the check saw. Whatever leaves service is no longer believed. `sweptSince`: when
 * the sweep began that the change comes from; nothing else makes a switch swept.
 */
export async function storeSwitch(
  db: Db,
  seen: SwitchRow,
  change: SwitchChange,
  sweptSince: string | null = null,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{ id: string }>(sql`
      update switch set service = ${change.service}, incarnation = ${change.incarnation}, failures = ${change.failures},
        ports = ${change.ports === null ? null : `{${change.ports.join(',')}}`}::text[],
        swept = ${change.swept} and coalesce(${sweptSince}::timestamptz > coalesce(time_unswept, '-infinity'), swept),
        api_version = coalesce(${change.apiVersion}::smallint, api_version), multicast = ${change.multicast}, last_error = ${change.lastError},
        uptime = coalesce(${change.uptime}::bigint, uptime),
        time_last_seen = case when ${change.uptime}::bigint is not null then now() else time_last_seen end,
        time_service_changed = case when service::text <> ${change.service} then now() else time_service_changed end,
        time_modified = now()
      where id = ${seen.id} and service = ${seen.service} and incarnation = ${seen.incarnation} and dpd_address = ${seen.address}
      returning id`);
    if (rows.length === 0) return false;
    if (seen.service !== change.service && change.service !== 'in_service') await distrust(tx, seen.id);
    return true;
  });
}

/** A switch in service that cannot be brought to what it must hold is taken out of it; resync owes the rest. */
export async function demoteSwitch(db: Db, id: string, reason: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      update switch set service = 'resyncing', swept = false, last_error = ${reason}, time_service_changed = now(), time_modified = now()
      where id = ${id} and service = 'in_service'`);
    await distrust(tx, id);
  });
}

async function distrust(tx: Queryable, switchId: string): Promise<void> {
  await tx.execute(sql`
    update switch_ack set suspect = true, time_modified = clock_timestamp() where switch_id = ${switchId} and not suspect`);
}

/**
 * Groups of which this switch, in this incarnation, has not acknowledged the newest configuration. One that it refuses for good keeps
 * only itself from converging.
 */
const behind = (id: string) => sql`
  from multicast_group g
  join switch s on s.id = ${id}
  left join switch_ack a on a.group_id = g.id and a.switch_id = s.id
  where g.round > 0 and (a.switch_id is null or a.suspect or a.incarnation <> s.incarnation)
    and not coalesce(a.refused and a.incarnation = s.incarnation, false)`;

/** Asks up to `limit` groups that are behind on this switch, leaving those out that are asked already. */
export async function requestBehind(db: Db, id: string, limit: number): Promise<GroupRequest[]> {
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{ id: string }>(sql`
      select g.id ${behind(id)} and g.requested = g.attempted
        and (a.time_last_error is null or a.time_last_error < now() - ${LIMITS.behindAgainMs} * interval '1 millisecond')
      order by g.id limit ${limit}`);
    return requestGroups(
      tx,
      [...rows].map((row) => row.id),
    );
  });
}

/** Groups that have been asked and that no round has ended for: all, and those that are behind on this switch. */
export async function groupsUnderWay(db: Db, id: string): Promise<{ all: number; behind: number }> {
  const rows = await db.execute<{ all: number; behind: number }>(sql`
    select (select count(*) from multicast_group where requested > attempted)::int as all,
      (select count(*) ${behind(id)} and g.requested > g.attempted)::int as behind`);
  return rows[0] ?? { all: 0, behind: 0 };
}

/**
 * One guarded statement: in service only if it is the same incarnation, swept, and nothing on it is behind. The groups that
 * owed something for want of a switch are due at once, and so are those that it has refused, or a port of: they have it to reckon with
 * now, and a round that the restart fell into has left the port out for good.
 */
export async function promoteSwitch(db: Db, id: string, incarnation: number): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{ id: string }>(sql`
      update switch set service = 'in_service', last_error = null, time_service_changed = now(), time_modified = now()
      where id = ${id} and service = 'resyncing' and incarnation = ${incarnation} and swept and multicast
        and not exists (select 1 ${behind(id)})
      returning id`);
    if (rows.length === 0) return false;
    const refused = await tx.execute<{ id: string }>(sql`
      delete from refused_port where switch_id = ${id} and incarnation <> ${incarnation} returning group_id as id`);
    await tx.execute(sql`
      update multicast_group set time_retry = now()
      where id in (select g.id from multicast_group g where g.time_retry is not null or g.id = any(${uuids([...refused].map((row) => row.id))}) or exists (
        select 1 from switch_ack a where a.group_id = g.id and a.switch_id = ${id} and a.suspect) order by g.id for update)`);
    return true;
  });
}

/** Groups that owe something now: asked and not attempted, or due for another try; in id order, after `after`. */
export async function dirtyGroups(
  db: Db,
  after: string,
  limit: number,
): Promise<{ id: string; ip: string; name: string }[]> {
  const rows = await db.execute<{ id: string; ip: string; name: string }>(sql`
    select id, host(multicast_ip) as ip, name from multicast_group
    where (requested > attempted or time_retry is not null)
      and (requested > attempted or time_retry <= clock_timestamp()) and id > ${after}
    order by id limit ${limit}`);
  return [...rows];
}

export interface PortRefusal {
  switchId: string;
  groupId: string;
  port: string;
  incarnation: number;
  reason: string;
}

export async function recordRefusal(db: Db, refusal: PortRefusal): Promise<void> {
  await db.execute(sql`
    insert into refused_port (switch_id, group_id, port, incarnation, reason)
    values (${refusal.switchId}, ${refusal.groupId}, ${refusal.port}, ${refusal.incarnation}, ${refusal.reason})
    on conflict (switch_id, group_id, port) do update set incarnation = excluded.incarnation, reason = excluded.reason, time_created = now()`);
}
