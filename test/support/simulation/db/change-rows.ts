/** States what `db/apply-events.ts`, `db/change-members.ts` and `db/instance-rows.ts` do in one transaction again, around the real `foldEvents`. */
import { dueUpTo } from '../../../../db/instance-rows';
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
import { insertWaiters, renewRefused } from './waiters';

type Folded = FoldedInstance & { row: InstanceRow; events: PendingEvent[] };

export interface Changed {
  /** Of the caller's events those that had changed rows before. */
  before: string[];
  requests: GroupRequest[];
}

/** `drained`: what a destructive read took, instead of what is there. */
export function applyNow(
  tables: Tables,
  refs: EventRef[],
  failed: Record<string, string>,
  drained?: EventRow[],
): Changed {
  const due = drained ?? dueNow(tables, refs);
  const requests = due.length === 0 ? [] : applyTo(tables, due, failed);
  const changed = new Set(due.map((event) => event.id));
  const before = refs.map((ref) => ref.eventId).filter((id) => !changed.has(id));
  return { before, requests: [...requests, ...renewRefused(tables, before)] };
}

/** A destructive read: what it took is lost if its caller dies. */
export const drain = atomic((tables, refs: EventRef[]) => {
  const events = dueNow(tables, refs);
  for (const event of events) event.applied = true;
  return events;
});

function dueNow(tables: Tables, refs: EventRef[]): EventRow[] {
  const open = [...tables.events.values()]
    .filter((event) => event.timeFinished === null)
    .map((event) => ({ ...event, eventId: event.id, failure: null }))
    .toSorted((a, b) => a.generation - b.generation);
  return dueUpTo(open, refs).flatMap((event) => tables.events.get(event.eventId) ?? []);
}

function applyTo(tables: Tables, events: EventRow[], failed: Record<string, string>): GroupRequest[] {
  const ids = [...new Set(events.map((event) => event.instanceId))].toSorted();
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
  for (const instance of folded) {
    storeEvents(tables, instance);
    storeInstance(instance);
  }
  const requests = requestGroups(tables, folded.flatMap(groupsToAsk));
  for (const instance of folded) {
    changeMembers(tables, instance);
    insertWaiters(tables, waitersOf(instance));
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

/** A create has succeeded with its rows and waits for no switch. */
function waitersOf(folded: Folded) {
  const waiting = folded.events.filter(
    ({ kind, eventId }) =>
      kind !== 'create' && kind !== 'reboot' && !folded.failures.has(eventId) && !folded.superseded.has(eventId),
  );
  return waiting.flatMap(({ eventId }) =>
    [...new Set(groupsToAsk(folded))].map((groupId) => ({ eventId, groupId, instanceId: folded.row.id })),
  );
}

function changeMembers(tables: Tables, { changes, row, lostVmms }: Folded): void {
  for (const change of changes) {
    const groupId = change.op === 'insert' ? change.membership.groupId : change.groupId;
    const group = tables.groups.get(groupId);
    if (group === undefined) continue;
    const generation = group.requested;
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
  const now = new Set(events.map((event) => event.eventId));
  const earlier = [...tables.events.values()].filter(
    (event) => event.instanceId === row.id && event.applied && event.timeFinished === null && !now.has(event.id),
  );
  for (const { eventId } of events) {
    const event = tables.events.get(eventId);
    if (event === undefined || event.timeFinished !== null) continue;
    const newer = superseded.get(eventId);
    event.applied = true;
    event.reason = failures.get(eventId) ?? (newer === undefined ? null : `overtaken by generation ${newer}`);
    if (newer !== undefined) event.supersededBy = newer;
    const failure = failures.has(eventId);
    if (failure || newer !== undefined)
      Object.assign(event, { state: failure ? 'failed' : 'superseded', timeFinished: stage().clock.now });
  }
  for (const event of earlier) {
    const newer = events.filter(
      ({ eventId, kind, generation }) =>
        effective.has(eventId) && generation > event.generation && overtakes(kind).includes(event.kind),
    );
    if (newer.length > 0) event.supersededBy = Math.max(...newer.map(({ generation }) => generation));
  }
}
