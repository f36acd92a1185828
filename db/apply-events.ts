/**
 * Events change rows, in one transaction: all accepted, unapplied events of these instances up to their own, in order of
 * generation. Instances are locked in id order, then groups in id order; the join through the API takes the same order.
 *
 * Idempotent: an event that is applied is not applied again, and its waits are found as they are.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { EventRef } from '../domain/events';
import { foldEvents, overtakes, type FoldedInstance, type PendingEvent } from '../domain/fold-events';
import type { Db, Tx } from './client';
import { lockGroups, lockInstances, membershipsOf, unappliedEvents, type InstanceRow } from './instance-rows';
import { requestGroups, type GroupRequest } from './requests';
import { changeMembers } from './change-members';
import { insertWaiters, renewRefused, waitsOf, type Wait } from './waiters';
import { uuids } from './lists';

export interface Applied {
  /** What the caller's events wait for; one that a round has served already carries its outcome. */
  waits: Wait[];
  /** Groups to wake, after the commit. */
  wake: { id: string; ip: string; name: string }[];
  /** Why events of the caller change nothing. */
  failures: { eventId: string; reason: string }[];
}

/** `failed`: events of which an earlier step has failed; they are applied as changing nothing. */
export async function applyEvents(db: Db, refs: EventRef[], failed: Record<string, string>): Promise<Applied> {
  return db.transaction(async (tx) => {
    const instances = await lockInstances(
      tx,
      refs.map((ref) => ref.instanceId),
    );
    const events = await unappliedEvents(tx, refs);
    const requests = events.length === 0 ? [] : await applyTo(tx, instances, events, failed);
    const now = new Set(events.map((event) => event.eventId));
    const before = refs.map((ref) => ref.eventId).filter((eventId) => !now.has(eventId));
    requests.push(...(await renewRefused(tx, before)));
    const waits = await waitsOf(
      tx,
      refs.map((ref) => ref.eventId),
    );
    return { waits, wake: toWake(refs, events, requests, waits), failures: await failuresOf(tx, refs) };
  });
}

async function applyTo(
  tx: Tx,
  instances: InstanceRow[],
  events: (PendingEvent & { instanceId: string })[],
  failed: Record<string, string>,
): Promise<GroupRequest[]> {
  const memberships = await membershipsOf(
    tx,
    instances.map((instance) => instance.id),
  );
  const named = events.flatMap((event) => event.body.multicast_groups ?? []);
  const groups = await lockGroups(tx, [...memberships.map((row) => row.groupId), ...named]);
  const folded = instances.map((instance) => {
    const own = events.filter((event) => event.instanceId === instance.id);
    const pending = own.map((event) => ({ ...event, failure: failed[event.eventId] ?? null }));
    const members = memberships.filter((row) => row.instanceId === instance.id);
    return { events: pending, ...foldEvents(instance, members, pending, groups, randomUUID) };
  });
  const requests = await requestGroups(tx, folded.flatMap(groupsToAsk));
  const requestOf = new Map(requests.map((request) => [request.groupId, request.request]));
  await changeMembers(tx, folded, requestOf);
  await storeInstances(tx, folded);
  await storeEvents(tx, folded);
  await insertWaiters(
    tx,
    folded.flatMap((instance) => waitersOf(instance, requestOf)),
  );
  return requests;
}

type Folded = FoldedInstance & { events: PendingEvent[] };

/** Groups whose members change, and all of the instance's groups when it moves: there the event shows its effect. */
function groupsToAsk(folded: Folded): string[] {
  const effective = folded.events.filter((event) => folded.effective.has(event.eventId));
  if (effective.some((event) => overtakes('delete').includes(event.kind) && event.kind !== 'reconfigure'))
    return folded.touched;
  return [
    ...new Set(folded.changes.map((change) => (change.op === 'insert' ? change.membership.groupId : change.groupId))),
  ];
}

/** A create has succeeded with its rows and waits for no switch. */
function waitersOf(folded: Folded, requestOf: ReadonlyMap<string, number>) {
  const waiting = folded.events.filter(
    (event) =>
      event.kind !== 'create' &&
      event.kind !== 'reboot' &&
      !folded.failures.has(event.eventId) &&
      !folded.superseded.has(event.eventId),
  );
  const groups = groupsToAsk(folded).filter((groupId) => requestOf.has(groupId));
  return waiting.flatMap((event) =>
    groups.map((groupId) => ({
      eventId: event.eventId,
      groupId,
      instanceId: folded.instance.id,
      request: requestOf.get(groupId) ?? 0,
    })),
  );
}

async function storeInstances(tx: Tx, folded: Folded[]): Promise<void> {
  const rows = folded.map(({ instance, events }) => ({
    id: instance.id,
    state: instance.state,
    sled: instance.place?.sledId ?? null,
    propolis: instance.place?.propolisId ?? null,
    target_sled: instance.target?.sledId ?? null,
    target_propolis: instance.target?.propolisId ?? null,
    applied: Math.max(0, ...events.map((event) => event.generation)),
  }));
  await tx.execute(sql`
    update instance i set state = r.state::instance_state, sled_id = r.sled, propolis_id = r.propolis,
      target_sled_id = r.target_sled, target_propolis_id = r.target_propolis,
      applied = greatest(i.applied, r.applied), time_modified = now(),
      time_deleted = case when r.state = 'destroyed' then coalesce(i.time_deleted, now()) else i.time_deleted end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id uuid, state text, sled uuid, propolis uuid, target_sled uuid, target_propolis uuid, applied bigint)
    where i.id = r.id`);
}

async function storeEvents(tx: Tx, folded: Folded[]): Promise<void> {
  const rows = folded.flatMap(({ events, touched, failures, superseded }) =>
    events.map((event) => {
      const newer = superseded.get(event.eventId);
      const reason = failures.get(event.eventId) ?? (newer === undefined ? null : `overtaken by generation ${newer}`);
      const state = failures.has(event.eventId) ? 'failed' : newer === undefined ? null : 'superseded';
      return { id: event.eventId, state, reason, touched, newer: newer ?? null };
    }),
  );
  await tx.execute(sql`
    update instance_event e set time_applied = now(), touched = r.touched,
      state = coalesce(r.state::event_state, e.state), reason = r.reason,
      superseded_by = coalesce(r.newer, e.superseded_by), time_finished = case when r.state is not null then now() end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id uuid, state text, reason text, touched jsonb, newer bigint)
    where e.event_id = r.id`);
  const newer = folded.flatMap(({ instance, events, effective }) =>
    events
      .filter((event) => effective.has(event.eventId))
      .flatMap((event) =>
        overtakes(event.kind).map((kind) => ({ instance: instance.id, kind, generation: event.generation })),
      ),
  );
  if (newer.length === 0) return;
  // Events applied earlier that are still waiting for the network end as superseded, whatever their round brings.
  await tx.execute(sql`
    update instance_event e set superseded_by = r.generation
    from (select instance, kind, max(generation) as generation
      from jsonb_to_recordset(${JSON.stringify(newer)}::jsonb) as n(instance uuid, kind text, generation bigint)
      group by instance, kind) r
    where e.instance_id = r.instance and e.kind = r.kind::event_kind and e.generation < r.generation
      and e.time_applied is not null and e.time_finished is null`);
}

function toWake(refs: EventRef[], events: PendingEvent[], requests: GroupRequest[], waits: Wait[]) {
  const wake = new Map(
    requests.filter((request) => request.wake).map(({ groupId, ip, name }) => [groupId, { id: groupId, ip, name }]),
  );
  // Applied before this call: whoever did it may have died before it could signal.
  const before = new Set(refs.map((ref) => ref.eventId));
  for (const event of events) before.delete(event.eventId);
  for (const wait of waits) {
    if (before.has(wait.eventId) && wait.outcome === null)
      wake.set(wait.groupId, { id: wait.groupId, ip: wait.ip, name: wait.name });
  }
  return [...wake.values()];
}

async function failuresOf(tx: Tx, refs: EventRef[]): Promise<{ eventId: string; reason: string }[]> {
  const rows = await tx.execute<{ event_id: string; reason: string }>(sql`
    select event_id, reason from instance_event
    where event_id = any(${uuids(refs.map((ref) => ref.eventId))}) and state = 'failed'`);
  return [...rows].map((row) => ({ eventId: row.event_id, reason: row.reason }));
}
