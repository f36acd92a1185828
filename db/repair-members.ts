/** Members follow their instance: rows that do not fit are put right, and their groups asked. Tombstones are asked for, and flows that nobody wants or confirmed. */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { Db, Tx } from './client';
import { sourcesOf } from './flows';
import { lockGroups } from './instance-rows';
import { releaseOverdue } from './registrations';
import { requestGroups, type GroupRequest } from './requests';
import { uuids } from './lists';

const misfit = sql`
  from multicast_group_member m left join instance i on i.id = m.parent_id
  where m.time_deleted is null and (i.id is null or i.state = 'destroyed'
    or (m.sled_id, m.propolis_id, m.target_sled_id, m.target_propolis_id)
      is distinct from (i.sled_id, i.propolis_id, i.target_sled_id, i.target_propolis_id))`;

/**
 * Groups with flows that are not as they should be: not confirmed, with other sources than the group's, or of a VMM that no member has.
 * The VMMs that members have are put together first: looked up flow by flow, a group would cost the square of its members.
 */
const flowsAstray = sql`
  with calm as materialized (
    select g.id, ${sourcesOf} as sources from multicast_group g where g.requested = g.attempted and g.time_retry is null
  ), wanted as materialized (
    select external_group_id as group_id, propolis_id from multicast_group_member where time_deleted is null and propolis_id is not null
    union all
    select external_group_id, target_propolis_id from multicast_group_member where time_deleted is null and target_propolis_id is not null
  )
  select distinct f.group_id as id
  from member_flow f join calm g on g.id = f.group_id join sled s on s.id = f.sled_id
    left join wanted w on w.group_id = f.group_id and w.propolis_id = f.propolis_id
  where not f.registering and (f.state <> 'joined' or f.sources <> g.sources or w.propolis_id is null)`;

export interface Repair {
  repaired: number;
  tombstones: number;
  requests: GroupRequest[];
  /** There may be more than fit one transaction. */
  more: boolean;
}

export async function repairMembers(db: Db): Promise<Repair> {
  return db.transaction(async (tx) => {
    const misfits = await findMisfits(tx);
    const groups = misfits.map((misfit) => misfit.groupId);
    const instances = [...new Set(misfits.map((misfit) => misfit.instanceId))];
    await tx.execute(
      sql`select id from instance where id = any(${uuids([...instances, NOBODY])}) order by id for update`,
    );
    await releaseOverdue(tx);
    const tombstones = await tx.execute<{ id: string }>(sql`
      select distinct m.external_group_id as id from multicast_group_member m join multicast_group g on g.id = m.external_group_id
      where m.time_deleted is not null and g.requested = g.attempted and g.time_retry is null limit ${LIMITS.reconcilePage}`);
    const flows = await tx.execute<{ id: string }>(sql`${flowsAstray} limit ${LIMITS.reconcilePage}`);
    const all = [...new Set([...groups, ...[...tombstones, ...flows].map((row) => row.id)])];
    await lockGroups(tx, all);
    const requests = await requestGroups(tx, all);
    // Judged again, now that the instances are locked.
    const repaired = await tx.execute(sql`
      with misfits as (select m.id, m.external_group_id, i.id is null or i.state = 'destroyed' as gone,
          i.sled_id, i.propolis_id, i.target_sled_id, i.target_propolis_id ${misfit} and m.parent_id = any(${uuids([...instances, NOBODY])}))
      update multicast_group_member m set
        time_deleted = case when f.gone then now() end,
        state = case when f.sled_id is not null and m.propolis_id is distinct from f.propolis_id then 'joining'::multicast_group_member_state else m.state end,
        sled_id = case when not f.gone then f.sled_id end, propolis_id = case when not f.gone then f.propolis_id end,
        target_sled_id = case when not f.gone then f.target_sled_id end,
        target_propolis_id = case when not f.gone then f.target_propolis_id end,
        generation = r.request, time_modified = now()
      from misfits f join jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as r("groupId" uuid, request bigint)
        on r."groupId" = f.external_group_id
      where m.id = f.id returning 1`);
    const more = [misfits.length, tombstones.length, flows.length].includes(LIMITS.reconcilePage);
    return { repaired: repaired.length, tombstones: tombstones.length, requests, more };
  });
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

async function findMisfits(tx: Tx): Promise<{ groupId: string; instanceId: string }[]> {
  const rows = await tx.execute<{ group_id: string; instance_id: string }>(sql`
    select m.external_group_id as group_id, m.parent_id as instance_id ${misfit} limit ${LIMITS.reconcilePage}`);
  return [...rows].map((row) => ({ groupId: row.group_id, instanceId: row.instance_id }));
}
