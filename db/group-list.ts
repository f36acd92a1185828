/**
 * Groups as an operator scans them: state, progress of convergence, members by state, switches that lack it, open drift. Every
 * figure of a page comes from one statement, however many groups the page has.
 */
import { sql } from 'drizzle-orm';
import type { Queryable } from './client';
import type { IdPage } from './page';

export interface GroupFilter {
  state?: 'creating' | 'active' | 'deleting' | undefined;
  project?: string | undefined;
  pool?: string | undefined;
  name?: string | undefined;
  ip?: string | undefined;
}

export interface GroupListRow extends Record<string, unknown> {
  id: string;
  name: string;
  multicast_ip: string;
  project_id: string;
  ip_pool_id: string;
  state: 'creating' | 'active' | 'deleting';
  joining: number;
  joined: number;
  left: number;
  removed: number;
  requested: number;
  served: number;
  round: number;
  writes: number;
  outcome: string | null;
  reason: string | null;
  failures: number;
  degraded: string[];
  drift: number;
  time_converged: Date | null;
  time_retry: Date | null;
}

export async function listGroupsWithFigures(
  db: Queryable,
  page: IdPage,
  filter: GroupFilter = {},
): Promise<GroupListRow[]> {
  const rows = await db.execute<GroupListRow>(sql`
    with page as (
      select * from multicast_group g where ${conditions(page, filter)} order by g.id limit ${page.limit}
    ), counted as (
      select m.external_group_id as id,
        count(*) filter (where m.time_deleted is null and m.state = 'joining')::int as joining,
        count(*) filter (where m.time_deleted is null and m.state = 'joined')::int as joined,
        count(*) filter (where m.time_deleted is null and m.state = 'left')::int as "left",
        count(*) filter (where m.time_deleted is not null)::int as removed
      from multicast_group_member m where m.external_group_id in (select id from page) group by 1
    ), lacking as (
      select p.id, array_agg('switch' || s.slot order by s.slot) as switches
      from page p cross join switch s left join switch_ack a on a.switch_id = s.id and a.group_id = p.id
      where s.service <> 'in_service'
        and not coalesce(a.incarnation = s.incarnation and not a.suspect and a.config_generation >= p.config_generation, false)
      group by p.id
    ), written as (
      select a.group_id as id, sum(a.writes)::float8 as writes from switch_ack a where a.group_id in (select id from page) group by 1
    ), differing as (
      select d.group_id, count(*)::int as count from drift d
      where d.time_repaired is null and d.group_id in (select id::text from page) group by 1
    )
    select p.id, p.name, host(p.multicast_ip) as multicast_ip, p.project_id, p.ip_pool_id, p.state,
      coalesce(c.joining, 0) as joining, coalesce(c.joined, 0) as joined, coalesce(c."left", 0) as "left",
      coalesce(c.removed, 0) as removed, p.requested, p.served, p.round, coalesce(w.writes, 0) as writes, p.outcome, p.reason, p.failures,
      coalesce(l.switches, '{}') as degraded, coalesce(d.count, 0) as drift, p.time_converged, p.time_retry
    from page p
      left join counted c on c.id = p.id
      left join lacking l on l.id = p.id
      left join written w on w.id = p.id
      left join differing d on d.group_id = p.id::text
    order by p.id`);
  return [...rows].map((row) => ({
    ...row,
    time_converged: date(row.time_converged),
    time_retry: date(row.time_retry),
  }));
}

function conditions({ after }: IdPage, { state, project, pool, name, ip }: GroupFilter) {
  const all = [sql`g.time_deleted is null`];
  if (after !== null) all.push(sql`g.id > ${after}`);
  if (state !== undefined) all.push(sql`g.state = ${state}`);
  if (project !== undefined) all.push(sql`g.project_id = ${project}`);
  if (pool !== undefined) all.push(sql`g.ip_pool_id = ${pool}`);
  if (name !== undefined) all.push(sql`g.name = ${name}`);
  if (ip !== undefined) all.push(sql`g.multicast_ip = ${ip}::inet`);
  return sql.join(all, sql` and `);
}

/** Plain statements give times as text. */
const date = (value: Date | string | null): Date | null => (value === null ? null : new Date(value));
