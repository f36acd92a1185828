/** Member rows follow what events want: one statement per kind of change, each row stamped with its group's request. */
import { sql } from 'drizzle-orm';
import type { FoldedInstance, MemberChange } from '../domain/fold-events';
import type { Tx } from './client';
import { uuids } from './lists';

type Stamped = MemberChange & { instanceId: string; request: number };

export async function changeMembers(
  tx: Tx,
  folded: FoldedInstance[],
  requestOf: ReadonlyMap<string, number>,
): Promise<void> {
  const changes: Stamped[] = folded.flatMap(({ instance, changes: own }) =>
    own.map((change) => {
      const groupId = change.op === 'insert' ? change.membership.groupId : change.groupId;
      return { ...change, instanceId: instance.id, request: requestOf.get(groupId) ?? 0 };
    }),
  );
  await insertMembers(tx, changes);
  await placeMembers(tx, changes);
  await removeMembers(tx, changes);
  const lost = folded.flatMap((instance) => instance.lostVmms);
  if (lost.length > 0) await tx.execute(sql`delete from member_flow where propolis_id = any(${uuids(lost)})`);
}

async function insertMembers(tx: Tx, changes: Stamped[]): Promise<void> {
  const rows = changes
    .filter((change) => change.op === 'insert')
    .map(({ membership, instanceId, request }) => ({
      id: membership.memberId,
      group: membership.groupId,
      instance: instanceId,
      sled: membership.location?.sledId ?? null,
      propolis: membership.location?.propolisId ?? null,
      target_sled: membership.target?.sledId ?? null,
      target_propolis: membership.target?.propolisId ?? null,
      created_by: membership.createdBy,
      request,
    }));
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into multicast_group_member (id, external_group_id, parent_id, state, sled_id, propolis_id,
      target_sled_id, target_propolis_id, generation, created_by)
    select r.id, r."group", r.instance, 'joining', r.sled, r.propolis, r.target_sled, r.target_propolis, r.request, r.created_by
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, "group" uuid, instance uuid, sled uuid, propolis uuid,
      target_sled uuid, target_propolis uuid, created_by uuid, request bigint)`);
}

/** A member that is to receive elsewhere has to be joined anew; one that migrates stays as it is. */
async function placeMembers(tx: Tx, changes: Stamped[]): Promise<void> {
  const rows = changes
    .filter((change) => change.op === 'place')
    .map(({ memberId, location, target, request }) => ({
      id: memberId,
      sled: location?.sledId ?? null,
      propolis: location?.propolisId ?? null,
      target_sled: target?.sledId ?? null,
      target_propolis: target?.propolisId ?? null,
      request,
    }));
  if (rows.length === 0) return;
  await tx.execute(sql`
    update multicast_group_member m set
      state = case when r.sled is not null and (m.state = 'left' or m.propolis_id is distinct from r.propolis or m.sled_id is distinct from r.sled)
        then 'joining'::multicast_group_member_state else m.state end,
      sled_id = r.sled, propolis_id = r.propolis, target_sled_id = r.target_sled, target_propolis_id = r.target_propolis,
      generation = r.request, reason = null, time_modified = now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id uuid, sled uuid, propolis uuid, target_sled uuid, target_propolis uuid, request bigint)
    where m.id = r.id and m.time_deleted is null`);
}

async function removeMembers(tx: Tx, changes: Stamped[]): Promise<void> {
  const rows = changes
    .filter((change) => change.op === 'remove')
    .map(({ memberId, request }) => ({ id: memberId, request }));
  if (rows.length === 0) return;
  await tx.execute(sql`
    update multicast_group_member m set time_deleted = now(), time_modified = now(), generation = r.request,
      sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, request bigint)
    where m.id = r.id and m.time_deleted is null`);
}
