/**
 * Member rows follow what events want: one statement per kind of change, each row stamped with its group's newest request, which was made
 * just before in the same transaction.
 */
import { sql, type SQL } from 'drizzle-orm';
import type { FoldedInstance, MemberChange } from '../domain/fold-events';
import { uuids } from './lists';

type Change = MemberChange & { instanceId: string };

/** In the order in which they have to be executed. */
export function memberStatements(folded: FoldedInstance[]): SQL[] {
  const changes = folded.flatMap(({ instance, changes: own }) =>
    own.map((change): Change => ({ ...change, instanceId: instance.id })),
  );
  const lost = folded.flatMap((instance) => instance.lostVmms);
  return [
    ...inserted(changes),
    ...placed(changes),
    ...removed(changes),
    ...(lost.length === 0 ? [] : [sql`delete from member_flow where propolis_id = any(${uuids(lost)})`]),
  ];
}

function inserted(changes: Change[]): SQL[] {
  const rows = changes
    .filter((change) => change.op === 'insert')
    .map(({ membership, instanceId }) => ({
      id: membership.memberId,
      group: membership.groupId,
      instance: instanceId,
      sled: membership.location?.sledId ?? null,
      propolis: membership.location?.propolisId ?? null,
      target_sled: membership.target?.sledId ?? null,
      target_propolis: membership.target?.propolisId ?? null,
      created_by: membership.createdBy,
    }));
  if (rows.length === 0) return [];
  return [
    sql`
    insert into multicast_group_member (id, external_group_id, parent_id, state, sled_id, propolis_id,
      target_sled_id, target_propolis_id, generation, created_by)
    select r.id, g.id, r.instance, 'joining', r.sled, r.propolis, r.target_sled, r.target_propolis, g.requested, r.created_by
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, "group" uuid, instance uuid, sled uuid, propolis uuid,
      target_sled uuid, target_propolis uuid, created_by uuid) join multicast_group g on g.id = r."group"`,
  ];
}

/** A member that is to receive elsewhere has to be joined anew; one that migrates stays as it is. */
function placed(changes: Change[]): SQL[] {
  const rows = changes
    .filter((change) => change.op === 'place')
    .map(({ memberId, location, target }) => ({
      id: memberId,
      sled: location?.sledId ?? null,
      propolis: location?.propolisId ?? null,
      target_sled: target?.sledId ?? null,
      target_propolis: target?.propolisId ?? null,
    }));
  if (rows.length === 0) return [];
  return [
    sql`
    update multicast_group_member m set
      state = case when r.sled is not null and (m.state = 'left' or m.propolis_id is distinct from r.propolis or m.sled_id is distinct from r.sled)
        then 'joining'::multicast_group_member_state else m.state end,
      sled_id = r.sled, propolis_id = r.propolis, target_sled_id = r.target_sled, target_propolis_id = r.target_propolis,
      generation = g.requested, reason = null, time_modified = now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id uuid, sled uuid, propolis uuid, target_sled uuid, target_propolis uuid), multicast_group g
    where m.id = r.id and m.time_deleted is null and g.id = m.external_group_id`,
  ];
}

function removed(changes: Change[]): SQL[] {
  const ids = changes.filter((change) => change.op === 'remove').map(({ memberId }) => memberId);
  if (ids.length === 0) return [];
  return [
    sql`
    update multicast_group_member m set time_deleted = now(), time_modified = now(), generation = g.requested,
      sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null
    from multicast_group g
    where m.id = any(${uuids(ids)}) and m.time_deleted is null and g.id = m.external_group_id`,
  ];
}
