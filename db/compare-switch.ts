/**
 * What a switch is believed to hold, page by page in the switch's own order: ascending by address, IPv4 before IPv6. Postgres orders
 * inet the same way, so a page of the switch is compared with a range of rows.
 */
import { sql } from 'drizzle-orm';
import type { SwitchConfig } from '../domain/switch-config';
import type { Db } from './client';
import { lockGroups } from './instance-rows';
import { recordDrift, type FoundDrift } from './drift';
import { requestGroups, type GroupRequest } from './requests';
import { uuids } from './lists';

export interface Believed {
  groupId: string;
  ip: string;
  kind: 'external' | 'underlay';
  /** Null = absent, as acknowledged. */
  config: SwitchConfig | null;
  /** Nobody believes it at the moment: a round is at work, or will be. */
  unsure: boolean;
}

/** Rows whose address lies in (after, upTo]; null = unbounded. */
export async function believedBetween(
  db: Db,
  switchId: string,
  after: string | null,
  upTo: string | null,
): Promise<Believed[]> {
  const range = (column: ReturnType<typeof sql>) =>
    sql`(${after}::inet is null or ${column} > ${after}::inet) and (${upTo}::inet is null or ${column} <= ${upTo}::inet)`;
  const columns = sql`a.config, a.switch_id is null or a.suspect or a.incarnation <> s.incarnation or g.requested > g.attempted as unsure`;
  const joins = sql`join switch s on s.id = ${switchId} left join switch_ack a on a.group_id = g.id and a.switch_id = s.id`;
  const rows = await db.execute<{
    group_id: string;
    ip: string;
    kind: Believed['kind'];
    config: SwitchConfig | null;
    unsure: boolean;
  }>(sql`
    select g.id as group_id, host(g.multicast_ip) as ip, 'external' as kind, ${columns}
    from multicast_group g ${joins} where ${range(sql`g.multicast_ip`)}
    union all
    select g.id, host(u.multicast_ip), 'underlay', ${columns}
    from underlay_multicast_group u join multicast_group g on g.underlay_group_id = u.id ${joins} where ${range(sql`u.multicast_ip`)}`);
  return [...rows].map((row) => ({
    groupId: row.group_id,
    ip: row.ip,
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

/**
 * Marks groups suspect on a switch where its acknowledgement has not changed since before the page was read, keeps what was found,
 * and asks the groups.
 */
export async function markDifferent(
  db: Db,
  switchId: string,
  found: FoundDrift[],
  before: string,
): Promise<GroupRequest[]> {
  if (found.length === 0) return [];
  return db.transaction(async (tx) => {
    // Groups before acknowledgements, as rounds lock them.
    await lockGroups(
      tx,
      found.map((each) => each.groupId),
    );
    const known = await tx.execute<{ id: string }>(sql`
      update switch_ack set suspect = true, time_modified = clock_timestamp()
      where switch_id = ${switchId} and group_id = any(${uuids([...new Set(found.map((each) => each.groupId))])}) and not suspect
        and time_modified < ${before}::timestamptz
      returning group_id as id`);
    const ids = new Set([...known].map((row) => row.id));
    await recordDrift(
      tx,
      switchId,
      found.filter((each) => ids.has(each.groupId)),
    );
    return requestGroups(tx, [...ids]);
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which of these ids are groups, at all. Asked after the switch was read: what is in neither is nobody's. */
export async function livingGroups(db: Db, ids: string[]): Promise<Set<string>> {
  const possible = ids.filter((id) => UUID.test(id));
  if (possible.length === 0) return new Set();
  const rows = await db.execute<{ id: string }>(sql`select id from multicast_group where id = any(${uuids(possible)})`);
  return new Set([...rows].map((row) => row.id));
}
