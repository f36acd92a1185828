/** Instances, their memberships and their unapplied events, read under lock for whoever changes them. */
import { sql } from 'drizzle-orm';
import type { EventBody, EventKind, EventRef } from '../domain/events';
import type { GroupStanding, InstanceFacts, InstanceState, Membership, PendingEvent } from '../domain/fold-events';
import type { Place } from '../domain/desired';
import type { Tx } from './client';
import { endsByItself, registers } from './end-events';
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

/** An accepted event that is not over. */
export interface OpenEvent extends PendingEvent {
  instanceId: string;
  applied: boolean;
  /** The workflow that took it. */
  claimedBy: string | null;
  /** Order of acceptance. */
  sequence: number;
  /** Whether it carries a body for the sled agent's registration: then it changes no rows before that. */
  registers: boolean;
  /** Whether it is over with its rounds: nothing but them is waited for. */
  endsByItself: boolean;
}

/** All events of the instances that are not over, in order of generation. */
export async function openEvents(tx: Tx, instanceIds: string[]): Promise<OpenEvent[]> {
  const rows = await tx.execute<{
    event_id: string;
    instance_id: string;
    generation: number;
    kind: EventKind;
    body: EventBody;
    applied: boolean;
    claimed_by: string | null;
    sequence: number;
    registers: boolean;
    ends_by_itself: boolean;
  }>(sql`
    select event_id, instance_id, generation, kind, body, time_applied is not null as applied, claimed_by, sequence,
      ${registers} as registers, ${endsByItself} as ends_by_itself
    from instance_event e where instance_id = any(${uuids(instanceIds)}) and time_finished is null
    order by instance_id, generation`);
  return [...rows].map((row) => ({
    eventId: row.event_id,
    instanceId: row.instance_id,
    generation: row.generation,
    kind: row.kind,
    body: row.body,
    failure: null,
    applied: row.applied,
    claimedBy: row.claimed_by,
    sequence: row.sequence,
    registers: row.registers,
    endsByItself: row.ends_by_itself,
  }));
}

/** Those that have not changed rows yet, of each instance up to the newest of the given events. */
export function dueUpTo<Open extends EventRef & { applied: boolean }>(open: Open[], refs: EventRef[]): Open[] {
  const newest = new Map<string, number>();
  for (const { instanceId, generation } of refs)
    newest.set(instanceId, Math.max(generation, newest.get(instanceId) ?? generation));
  return open.filter((event) => !event.applied && event.generation <= (newest.get(event.instanceId) ?? -1));
}
