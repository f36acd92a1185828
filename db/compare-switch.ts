/**
 * What a switch is believed to hold, page by page in the switch's own order: ascending by address, IPv4 before IPv6. Postgres orders
 * inet the same way, so a page of the switch is compared with a range of rows, found by index: a pass costs the same per group
 * however many there are.
 */
import { sql } from 'drizzle-orm';
import type { SwitchConfig } from '../domain/switch-config';
import type { Db } from './client';
import { lockGroups } from './instance-rows';
import { recordDrift, type FoundDrift } from './drift';
import { requestGroups, type GroupRequest } from './requests';
import { texts } from './lists';

export interface Believed {
  groupId: string;
  /** Of the object; `groupIp` of the group that it belongs to. */
  ip: string;
  groupIp: string;
  kind: 'external' | 'underlay';
  /** Null = absent, as acknowledged. */
  config: SwitchConfig | null;
  /** Nobody believes it at the moment: a round is at work, or will be. */
  unsure: boolean;
}

/** No group is at either. A range with an open end could not be looked up in the index. */
const BEFORE_ALL = '0.0.0.0';
const AFTER_ALL = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** Rows whose address lies in (after, upTo]; null = from the first, to the last. */
export async function believedBetween(
  db: Db,
  switchId: string,
  after: string | null,
  upTo: string | null,
): Promise<Believed[]> {
  const range = (column: ReturnType<typeof sql>) =>
    sql`${column} > ${after ?? BEFORE_ALL}::inet and ${column} <= ${upTo ?? AFTER_ALL}::inet and g.time_deleted is null`;
  const columns = sql`a.config, a.switch_id is null or a.suspect or a.incarnation <> s.incarnation or g.requested > g.attempted as unsure`;
  const joins = sql`join switch s on s.id = ${switchId} left join switch_ack a on a.group_id = g.id and a.switch_id = s.id`;
  const rows = await db.execute<{
    group_id: string;
    ip: string;
    group_ip: string;
    kind: Believed['kind'];
    config: SwitchConfig | null;
    unsure: boolean;
  }>(sql`
    select g.id as group_id, host(g.multicast_ip) as ip, host(g.multicast_ip) as group_ip, 'external' as kind, ${columns}
    from multicast_group g ${joins} where ${range(sql`g.multicast_ip`)}
    union all
    select g.id, host(u.multicast_ip), host(g.multicast_ip), 'underlay', ${columns}
    from underlay_multicast_group u join multicast_group g on g.underlay_group_id = u.id ${joins} where ${range(sql`u.multicast_ip`)}`);
  return [...rows].map((row) => ({
    groupId: row.group_id,
    ip: row.ip,
    groupIp: row.group_ip,
    kind: row.kind,
    config: row.config,
    unsure: row.unsure,
  }));
}

/** The database's clock, to judge later whether an acknowledgement is older than a page. */
export async function databaseTime(db: Db): Promise<string> {
  const rows = await db.execute<{ now: string }>(sql`select clock_timestamp()::text as now`);
  return rows[0]?.now ?? '';
}

/** All that differs of one group on one switch. */
export interface DifferingGroup {
  groupId: string;
  /** The database's time before the first page with a difference was read. */
  before: string;
  drift: FoundDrift[];
}

/**
 * Marks groups suspect on a switch where its acknowledgement has not changed since before their first page was read, keeps what was
 * found, and asks the groups.
 */
export async function markDifferent(db: Db, switchId: string, found: DifferingGroup[]): Promise<GroupRequest[]> {
  if (found.length === 0) return [];
  return db.transaction(async (tx) => {
    // Groups before acknowledgements, as rounds lock them.
    await lockGroups(
      tx,
      found.map((each) => each.groupId),
    );
    const seen = JSON.stringify(found.map(({ groupId, before }) => ({ group_id: groupId, before })));
    const known = await tx.execute<{ id: string }>(sql`
      update switch_ack a set suspect = true, time_modified = clock_timestamp()
      from jsonb_to_recordset(${seen}::jsonb) as r(group_id uuid, before timestamptz)
      where a.switch_id = ${switchId} and a.group_id = r.group_id and not a.suspect and a.time_modified < r.before
      returning a.group_id as id`);
    const ids = new Set([...known].map((row) => row.id));
    await recordDrift(
      tx,
      switchId,
      found.filter((each) => ids.has(each.groupId)).flatMap((each) => each.drift),
    );
    return requestGroups(tx, [...ids]);
  });
}

/**
 * Which of these addresses some group has, as its own or as its underlay group's. Asked after the switch was read: a group's row is
 * there before the group is anywhere, so what is at no group's address is nobody's, whatever group its tag names.
 */
export async function addressesOfGroups(db: Db, ips: string[]): Promise<Set<string>> {
  if (ips.length === 0) return new Set();
  const rows = await db.execute<{ ip: string }>(sql`
    with asked as (select t.ip::inet as ip from unnest(${texts(ips)}) as t(ip))
    select host(a.ip) as ip from asked a
    where exists (select 1 from multicast_group g where g.multicast_ip = a.ip and g.time_deleted is null)
      or exists (select 1 from underlay_multicast_group u where u.multicast_ip = a.ip)`);
  return new Set([...rows].map((row) => row.ip));
}
