/** States `db/apply-events.ts`, `db/change-members.ts` and `db/instance-rows.ts` again, around the real `foldEvents`. */
import type * as real from '../../../../db/apply-events';
import type { GroupRequest } from '../../../../db/requests';
import type { EventRef } from '../../../../domain/events';
import {
  foldEvents,
  overtakes,
  samePlace,
  type FoldedInstance,
  type PendingEvent,
} from '../../../../domain/fold-events';
import { stage } from '../stage';
import { atomic, type EventRow, type InstanceRow, type Tables } from '../tables';
import { requestGroups } from './requests';
import { insertWaiters, renewRefused, waitsNow } from './waiters';

type Folded = FoldedInstance & { row: InstanceRow; events: PendingEvent[] };

const applyNow = (tables: Tables, refs: EventRef[], failed: Record<string, string>, drained?: EventRow[]) => {
  const events = drained ?? unapplied(tables, refs);
  const requests = events.length === 0 ? [] : applyTo(tables, refs, events, failed);
  const now = new Set(events.map((event) => event.id));
  const before = refs.map((ref) => ref.eventId).filter((id) => !now.has(id));
  requests.push(...renewRefused(tables, before));
  const waits = waitsNow(
    tables,
    refs.map((ref) => ref.eventId),
  );
  const wake = new Map(requests.filter((each) => each.wake).map(({ groupId: id, ip, name }) => [id, { id, ip, name }]));
  for (const wait of waits)
    if (before.includes(wait.eventId) && wait.outcome === null)
      wake.set(wait.groupId, { id: wait.groupId, ip: wait.ip, name: wait.name });
  const failures = refs.flatMap(({ eventId }) => {
    const row = tables.events.get(eventId);
    return row?.state === 'failed' ? [{ eventId, reason: row.reason ?? '' }] : [];
  });
  return { waits, wake: [...wake.values()], failures };
};

const apply = atomic(applyNow);

/** A destructive read: what it took is lost if its caller dies. */
const drain = atomic((tables, refs: EventRef[]) => {
  const events = unapplied(tables, refs);
  for (const event of events) event.applied = true;
  return events;
});

export const applyEvents: typeof real.applyEvents = async (db, refs, failed) => {
  if (stage().defect !== 'events drained destructively') return apply(db, refs, failed);
  return apply(db, refs, failed, await drain(db, refs));
};

function unapplied(tables: Tables, refs: EventRef[]): EventRow[] {
  return [...tables.events.values()]
    .filter(
      (event) =>
        !event.applied &&
        event.state !== 'stale' &&
        refs.some((ref) => ref.instanceId === event.instanceId && event.generation <= ref.generation),
    )
    .toSorted(
      (a, b) =>
        (a.instanceId < b.instanceId ? -1 : 1) * Number(a.instanceId !== b.instanceId) || a.generation - b.generation,
    );
}

function applyTo(tables: Tables, refs: EventRef[], events: EventRow[], failed: Record<string, string>): GroupRequest[] {
  const ids = [...new Set(refs.map((ref) => ref.instanceId))].toSorted();
  const folded = ids.flatMap((id): Folded[] => {
    const row = tables.instances.get(id);
    if (row === undefined) return [];
    const members = tables.members.filter((member) => member.instanceId === id && !member.deleted);
    const own = events
      .filter((event) => event.instanceId === id)
      .map(({ id: eventId, generation, kind, body }) => ({
        eventId,
        generation,
        kind,
        body,
        failure: failed[eventId] ?? null,
      }));
    const memberships = members.map((member) => ({ ...member, memberId: member.id }));
    return [{ row, events: own, ...foldEvents(row, memberships, own, tables.standing(), () => tables.newId()) }];
  });
  const requests = requestGroups(tables, folded.flatMap(groupsToAsk));
  const requestOf = new Map(requests.map((each) => [each.groupId, each.request]));
  for (const instance of folded) {
    changeMembers(tables, instance, requestOf);
    storeInstance(instance);
    storeEvents(tables, instance);
    insertWaiters(tables, waitersOf(instance, requestOf));
  }
  return requests;
}

function groupsToAsk({ events, effective, touched, changes }: Folded): string[] {
  if (
    events
      .filter((event) => effective.has(event.eventId))
      .some((event) => overtakes('delete').includes(event.kind) && event.kind !== 'reconfigure')
  )
    return touched;
  return changes.map((change) => (change.op === 'insert' ? change.membership.groupId : change.groupId));
}

function waitersOf(folded: Folded, requestOf: ReadonlyMap<string, number>) {
  const waiting = folded.events.filter(
    ({ kind, eventId }) =>
      kind !== 'create' && kind !== 'reboot' && !folded.failures.has(eventId) && !folded.superseded.has(eventId),
  );
  const groups = [...new Set(groupsToAsk(folded))].filter((groupId) => requestOf.has(groupId));
  return waiting.flatMap(({ eventId }) =>
    groups.map((groupId) => ({ eventId, groupId, instanceId: folded.row.id, request: requestOf.get(groupId) ?? 0 })),
  );
}

function changeMembers(tables: Tables, { changes, row, lostVmms }: Folded, requestOf: ReadonlyMap<string, number>) {
  for (const change of changes) {
    const groupId = change.op === 'insert' ? change.membership.groupId : change.groupId;
    const generation = requestOf.get(groupId) ?? 0;
    if (change.op === 'insert') {
      const { memberId, location, target, createdBy } = change.membership;
      const state = 'joining' as const;
      const fresh = { id: memberId, groupId, instanceId: row.id, state, location, target, generation, reason: null };
      tables.members.push({ ...fresh, createdBy, deleted: false });
      continue;
    }
    const member = tables.members.find((each) => each.id === change.memberId && !each.deleted);
    if (member === undefined) continue;
    if (change.op === 'remove') {
      Object.assign(member, { deleted: true, generation, location: null, target: null });
      continue;
    }
    const moved = member.state === 'left' || !samePlace(member.location, change.location);
    if (change.location !== null && moved) member.state = 'joining';
    Object.assign(member, { location: change.location, target: change.target, generation, reason: null });
  }
  tables.flows = tables.flows.filter((flow) => !lostVmms.includes(flow.propolisId));
}

function storeInstance({ row, instance: { state, place, target } }: Folded): void {
  Object.assign(row, { state, place, target, deleted: row.deleted || state === 'destroyed' });
}

function storeEvents(tables: Tables, { row, events, failures, effective, superseded }: Folded): void {
  for (const { eventId, kind, generation } of events) {
    const event = tables.events.get(eventId);
    if (event === undefined) continue;
    const newer = superseded.get(eventId);
    event.applied = true;
    event.reason = failures.get(eventId) ?? (newer === undefined ? null : `overtaken by generation ${newer}`);
    if (newer !== undefined) event.supersededBy = newer;
    const failure = failures.has(eventId);
    if (failure || newer !== undefined) {
      event.state = failure ? 'failed' : 'superseded';
      event.finished = true;
    }
    if (!effective.has(eventId)) continue;
    const kinds = overtakes(kind);
    for (const older of tables.events.values())
      if (
        older.instanceId === row.id &&
        kinds.includes(older.kind) &&
        older.generation < generation &&
        older.applied &&
        !older.finished
      )
        older.supersededBy = Math.max(older.supersededBy ?? 0, generation);
  }
}
