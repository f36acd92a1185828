/**
 * The meaning of lifecycle events: an instance and its memberships before, its unapplied events in order of generation, and
 * what is wanted after. Pure; order is decided here and nowhere else.
 *
 * Invariants: an event either changes everything that it says or nothing (then it carries a failure); but a start, which says that
 * whatever ran before is over, says so also when its own VMM could not be registered. A membership's row outlives stop and start; only `delete` and `reconfigure` remove memberships; a reboot changes nothing and overtakes nothing.
 */
import type { EventBody, EventKind } from './events';
import { LIMITS } from './limits';
import type { Place } from './desired';

export type InstanceState = 'creating' | 'stopped' | 'running' | 'failed' | 'destroyed';

export interface InstanceFacts {
  id: string;
  projectId: string;
  state: InstanceState;
  place: Place | null;
  /** Where it migrates to. */
  target: Place | null;
}

export interface Membership {
  memberId: string;
  groupId: string;
  location: Place | null;
  target: Place | null;
  /** The event that made it; null for the API. */
  createdBy: string | null;
}

export interface GroupStanding {
  projectId: string;
  deleting: boolean;
}

export interface PendingEvent {
  eventId: string;
  generation: number;
  kind: EventKind;
  body: EventBody;
  /** Set when a step before the rows has failed: the event changes nothing. */
  failure: string | null;
}

export type MemberChange =
  | { op: 'insert'; membership: Membership }
  | { op: 'place'; memberId: string; groupId: string; location: Place | null; target: Place | null }
  | { op: 'remove'; memberId: string; groupId: string };

export interface FoldedInstance {
  instance: InstanceFacts;
  changes: MemberChange[];
  /** VMMs that are gone: no sled is asked about them. */
  lostVmms: string[];
  /** Groups in which the instance was or is a member: where the events' effect shows. */
  touched: string[];
  failures: Map<string, string>;
  /** Events that changed something; a start that failed is one of them. */
  effective: Set<string>;
  /** Events overtaken by a later one of the same fold. */
  superseded: Map<string, number>;
}

export function foldEvents(
  before: InstanceFacts,
  memberships: Membership[],
  events: PendingEvent[],
  groups: ReadonlyMap<string, GroupStanding>,
  newId: () => string,
): FoldedInstance {
  let state: Standing = { instance: before, members: new Map(memberships.map((m) => [m.groupId, m])), lost: [] };
  const failures = new Map<string, string>();
  const applied: PendingEvent[] = [];
  for (const event of events) {
    if (event.failure !== null) failures.set(event.eventId, event.failure);
    const next = event.failure === null ? apply(state, event, groups, newId) : withFailed(state, event);
    if (next === null) continue;
    if (typeof next === 'string') failures.set(event.eventId, next);
    else {
      state = next;
      applied.push(event);
    }
  }
  return {
    instance: state.instance,
    changes: difference(memberships, state.members),
    lostVmms: state.lost,
    touched: [...new Set([...memberships.map((m) => m.groupId), ...state.members.keys()])].toSorted(),
    failures,
    effective: new Set(applied.map((event) => event.eventId)),
    superseded: overtaken(applied),
  };
}

interface Standing {
  instance: InstanceFacts;
  members: ReadonlyMap<string, Membership>;
  lost: string[];
}

/** The standing after one event, or why it changes nothing. */
function apply(
  state: Standing,
  event: PendingEvent,
  groups: ReadonlyMap<string, GroupStanding>,
  newId: () => string,
): Standing | string {
  const { instance } = state;
  if (instance.state === 'destroyed') return 'the instance is deleted';
  switch (event.kind) {
    case 'create':
    case 'reconfigure': {
      const named = event.body.multicast_groups ?? [];
      // What was joined through the API since the create was accepted stays.
      const wanted = event.kind === 'create' ? [...new Set([...state.members.keys(), ...named])] : named;
      const problem = unfit(wanted, state.members, instance, groups);
      if (problem !== null) return problem;
      const created = event.kind === 'create' ? { ...instance, state: 'stopped' as const } : instance;
      return { ...state, instance: created, members: replaceSet(state.members, wanted, created, event.eventId, newId) };
    }
    case 'start': {
      const place = { sledId: event.body.sled_id ?? '', propolisId: event.body.propolis_id ?? '' };
      return standAt(state, { ...instance, state: 'running', place, target: null });
    }
    case 'migrate':
      return migrate(state, event.body);
    case 'stop':
      return standAt(state, { ...instance, state: 'stopped', place: null, target: null });
    case 'fail': {
      const lost = [instance.place, instance.target].filter((place) => place !== null).map((place) => place.propolisId);
      const failed = standAt(state, { ...instance, state: 'failed', place: null, target: null });
      return { ...failed, lost: [...state.lost, ...lost] };
    }
    case 'delete':
      return { ...state, instance: { ...instance, state: 'destroyed', place: null, target: null }, members: new Map() };
    case 'reboot':
      return state;
  }
}

/** The standing after an event whose VMM could not be registered; null = as before. */
function withFailed(state: Standing, { kind }: PendingEvent): Standing | null {
  const { instance } = state;
  // The VMM before it was given up, maybe before it was registered itself: there is no way back, whoever applies this first.
  if (kind !== 'start' || instance.state === 'destroyed') return null;
  return standAt(state, { ...instance, state: 'stopped', place: null, target: null });
}

function migrate(state: Standing, body: EventBody): Standing | string {
  const { instance } = state;
  // A migration from where the one before it was going to: that one has arrived.
  const arrived = body.source?.propolis_id === instance.target?.propolisId;
  const source = arrived ? instance.target : instance.place;
  if (source === null) return 'the instance does not run, so it cannot migrate';
  if (body.source?.sled_id !== source.sledId || body.source.propolis_id !== source.propolisId) {
    return `the instance runs as VMM ${source.propolisId} on sled ${source.sledId}, not where the migration starts`;
  }
  const target = { sledId: body.target?.sled_id ?? '', propolisId: body.target?.propolis_id ?? '' };
  return standAt(state, { ...instance, place: source, target });
}

/** Every membership follows its instance. */
function standAt(state: Standing, instance: InstanceFacts): Standing {
  const follow = (member: Membership): Membership => ({ ...member, location: instance.place, target: instance.target });
  return {
    ...state,
    instance,
    members: new Map([...state.members].map(([groupId, member]) => [groupId, follow(member)])),
  };
}

function unfit(
  wanted: string[],
  members: ReadonlyMap<string, Membership>,
  instance: InstanceFacts,
  groups: ReadonlyMap<string, GroupStanding>,
): string | null {
  if (wanted.length > LIMITS.groupsPerInstance) return `more than ${LIMITS.groupsPerInstance} groups`;
  for (const groupId of wanted) {
    const group = groups.get(groupId);
    if (group === undefined) return `multicast-group ${groupId} is gone`;
    if (group.projectId !== instance.projectId) return `multicast-group ${groupId} is in another project`;
    if (group.deleting && !members.has(groupId)) return `multicast-group ${groupId} is being deleted`;
  }
  return null;
}

function replaceSet(
  members: ReadonlyMap<string, Membership>,
  wanted: string[],
  instance: InstanceFacts,
  eventId: string,
  newId: () => string,
): Map<string, Membership> {
  const fresh = (groupId: string): Membership => ({
    memberId: newId(),
    groupId,
    location: instance.place,
    target: instance.target,
    createdBy: eventId,
  });
  return new Map([...new Set(wanted)].map((groupId) => [groupId, members.get(groupId) ?? fresh(groupId)]));
}

function difference(before: Membership[], after: ReadonlyMap<string, Membership>): MemberChange[] {
  const changes: MemberChange[] = [];
  const kept = new Map(before.map((member) => [member.memberId, member]));
  for (const membership of after.values()) {
    const old = kept.get(membership.memberId);
    kept.delete(membership.memberId);
    if (old === undefined) changes.push({ op: 'insert', membership });
    else if (!samePlace(old.location, membership.location) || !samePlace(old.target, membership.target)) {
      const { memberId, groupId, location, target } = membership;
      changes.push({ op: 'place', memberId, groupId, location, target });
    }
  }
  for (const { memberId, groupId } of kept.values()) changes.push({ op: 'remove', memberId, groupId });
  return changes;
}

/** What a later event replaces: where the VM is, or which groups it is in. A create has succeeded once its rows are there. */
const REPLACED_BY: Partial<Record<EventKind, EventKind[]>> = {
  start: ['start', 'stop', 'migrate', 'fail', 'delete'],
  stop: ['start', 'stop', 'migrate', 'fail', 'delete'],
  migrate: ['start', 'stop', 'migrate', 'fail', 'delete'],
  fail: ['start', 'stop', 'migrate', 'fail', 'delete'],
  reconfigure: ['reconfigure', 'delete'],
};

/** The kinds that an event of this kind overtakes, when they are not over yet. */
export function overtakes(kind: EventKind): EventKind[] {
  return (Object.keys(REPLACED_BY) as EventKind[]).filter((older) => REPLACED_BY[older]?.includes(kind));
}

function overtaken(applied: PendingEvent[]): Map<string, number> {
  const superseded = new Map<string, number>();
  applied.forEach((event, at) => {
    const newer = applied.slice(at + 1).find((later) => REPLACED_BY[event.kind]?.includes(later.kind));
    if (newer !== undefined && event.failure === null) superseded.set(event.eventId, newer.generation);
  });
  return superseded;
}

export function samePlace(a: Place | null, b: Place | null): boolean {
  return a?.sledId === b?.sledId && a?.propolisId === b?.propolisId;
}
