/** Instances, their memberships and their unapplied events, read under lock for whoever changes them. */
import { sql } from 'drizzle-orm';
import type { EventBody, EventKind, EventRef } from '../domain/events';
import type { GroupStanding, InstanceFacts, InstanceState, Membership, PendingEvent } from '../domain/fold-events';
import type { Place } from '../domain/desired';
import type { Tx } from './client';
import { uuids } from './lists';

export type InstanceRow = InstanceFacts;
export type MembershipRow = Membership & { instanceId: string };

interface PlaceColumns extends Record<string, unknown> {
  sled_id: string | null;
  propolis_id: string | null;
  target_sled_id: string | null;
  target_propolis_id: string | null;
}

export function placeOf(sledId: string | null, propolisId: string | null): Place | null {
  return sledId === null || propolisId === null ? null : { sledId, propolisId };
}

/** Locks the instances, in id order. */
export async function lockInstances(tx: Tx, ids: string[]): Promise<InstanceRow[]> {
  const rows = await tx.execute<PlaceColumns & { id: string; project_id: string; state: InstanceState }>(sql`
    select id, project_id, state, sled_id, propolis_id, target_sled_id, target_propolis_id
    from instance where id = any(${uuids([...new Set(ids)])}) order by id for update`);
  return [...rows].map((row) => ({
    id: row.id,
    projectId: row.project_id,
    state: row.state,
    place: placeOf(row.sled_id, row.propolis_id),
    target: placeOf(row.target_sled_id, row.target_propolis_id),
  }));
}

/** Locks the groups, in id order, and says where each stands. */
export async function lockGroups(tx: Tx, ids: string[]): Promise<Map<string, GroupStanding>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.execute<{ id: string; project_id: string; deleting: boolean }>(sql`
    select id, project_id, state = 'deleting' as deleting
    from multicast_group where id = any(${uuids([...new Set(ids)])}) order by id for update`);
  return new Map([...rows].map((row) => [row.id, { projectId: row.project_id, deleting: row.deleting }]));
}

export async function membershipsOf(tx: Tx, instanceIds: string[]): Promise<MembershipRow[]> {
  const rows = await tx.execute<
    PlaceColumns & { id: string; group_id: string; instance_id: string; created_by: string | null }
  >(sql`
    select id, external_group_id as group_id, parent_id as instance_id, created_by,
      sled_id, propolis_id, target_sled_id, target_propolis_id
    from multicast_group_member where parent_id = any(${uuids(instanceIds)}) and time_deleted is null`);
  return [...rows].map((row) => ({
    memberId: row.id,
    groupId: row.group_id,
    instanceId: row.instance_id,
    createdBy: row.created_by,
    location: placeOf(row.sled_id, row.propolis_id),
    target: placeOf(row.target_sled_id, row.target_propolis_id),
  }));
}

/** All accepted events of the instances, up to the given ones, that have not changed rows yet; in order of generation. */
export async function unappliedEvents(tx: Tx, refs: EventRef[]): Promise<(PendingEvent & { instanceId: string })[]> {
  const upTo = JSON.stringify(refs.map((ref) => ({ instance: ref.instanceId, generation: ref.generation })));
  const rows = await tx.execute<{
    event_id: string;
    instance_id: string;
    generation: number;
    kind: EventKind;
    body: EventBody;
  }>(sql`
    select e.event_id, e.instance_id, e.generation, e.kind, e.body
    from instance_event e
    join (select instance, max(generation) as generation
      from jsonb_to_recordset(${upTo}::jsonb) as n(instance uuid, generation bigint) group by instance) r
      on e.instance_id = r.instance and e.generation <= r.generation
    where e.time_applied is null and e.state <> 'stale'
    order by e.instance_id, e.generation`);
  return [...rows].map((row) => ({
    eventId: row.event_id,
    instanceId: row.instance_id,
    generation: row.generation,
    kind: row.kind,
    body: row.body,
    failure: null,
  }));
}
