/** Members of all groups, as an operator looks for them: by group, instance, sled or state. */
import { sql } from 'drizzle-orm';
import type { Queryable } from './client';
import type { IdPage } from './page';

export interface MemberFilter {
  group?: string | undefined;
  instance?: string | undefined;
  /** Where it receives, or shall receive while it migrates. */
  sled?: string | undefined;
  /** `removed`: tombstones, which are left out otherwise. */
  state?: 'joining' | 'joined' | 'left' | 'removed' | undefined;
}

export interface MemberListRow extends Record<string, unknown> {
  id: string;
  group_id: string;
  group_name: string;
  group_ip: string;
  instance_id: string;
  instance_name: string | null;
  state: 'joining' | 'joined' | 'left';
  reason: string | null;
  generation: number;
  sled_id: string | null;
  propolis_id: string | null;
  port: string | null;
  target_sled_id: string | null;
  target_propolis_id: string | null;
  target_port: string | null;
  time_modified: Date;
  time_deleted: Date | null;
}

export async function listMembers(db: Queryable, page: IdPage, filter: MemberFilter = {}): Promise<MemberListRow[]> {
  const rows = await db.execute<MemberListRow>(sql`
    select m.id, g.id as group_id, g.name as group_name, host(g.multicast_ip) as group_ip,
      m.parent_id as instance_id, i.name as instance_name, m.state, m.reason, m.generation,
      m.sled_id, m.propolis_id, 'rear' || s.rear_port as port,
      m.target_sled_id, m.target_propolis_id, 'rear' || t.rear_port as target_port, m.time_modified, m.time_deleted
    from multicast_group_member m
      join multicast_group g on g.id = m.external_group_id
      left join instance i on i.id = m.parent_id
      left join sled s on s.id = m.sled_id
      left join sled t on t.id = m.target_sled_id
    where ${conditions(page, filter)} order by m.id limit ${page.limit}`);
  return [...rows].map((row) => ({
    ...row,
    time_modified: new Date(row.time_modified),
    time_deleted: row.time_deleted === null ? null : new Date(row.time_deleted),
  }));
}

function conditions({ after }: IdPage, { group, instance, sled, state }: MemberFilter) {
  const removed = state === 'removed';
  const all = [removed ? sql`m.time_deleted is not null` : sql`m.time_deleted is null`];
  if (after !== null) all.push(sql`m.id > ${after}`);
  if (group !== undefined) all.push(sql`m.external_group_id = ${group}`);
  if (instance !== undefined) all.push(sql`m.parent_id = ${instance}`);
  if (sled !== undefined) all.push(sql`(m.sled_id = ${sled} or m.target_sled_id = ${sled})`);
  if (state !== undefined && !removed) all.push(sql`m.state = ${state}`);
  return sql.join(all, sql` and `);
}
