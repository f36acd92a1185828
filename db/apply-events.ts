/**
 * Events change rows, in one transaction: all accepted, unapplied events of these instances up to their own, in order of
 * generation. Instances are locked in id order, then groups in id order; the join through the API takes the same order.
 *
 * Idempotent: an event that is applied is not applied again, and its waits are found as they are.
 */
import { randomUUID } from 'node:crypto';
import { sql, type SQL } from 'drizzle-orm';
import type { EventRef } from '../domain/events';
import {
  foldEvents,
  overtakes,
  type FoldedInstance,
  type GroupStanding,
  type PendingEvent,
} from '../domain/fold-events';
import { memberStatements } from './change-members';
import { inOrder, type Db, type Tx } from './client';
import {
  lockGroups,
  lockInstances,
  membershipsOf,
  dueUpTo,
  openEvents,
  type InstanceRow,
  type MembershipRow,
  type OpenEvent,
} from './instance-rows';
import { requestStatement, toRequests, type GroupRequest } from './requests';
import { renewRefused, waiterStatement, waitsOf, type Wait } from './waiters';
import { inIdOrder, uuids } from './lists';

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
  const { due, requests } = await db.transaction(async (tx) => {
    const ids = [...new Set(refs.map((ref) => ref.instanceId))];
    const [instances, open, memberships] = await Promise.all([
      lockInstances(tx, ids),
      openEvents(tx, ids),
      membershipsOf(tx, ids),
    ]);
    const events = open.map((event) => ({ ...event, failure: failed[event.eventId] ?? null }));
    const pending = dueUpTo(events, refs);
    return { due: pending, requests: await applyDue(tx, refs, { instances, memberships, open: events, due: pending }) };
  });
  return readApplied(db, refs, due, requests);
}

/** What was read under the instances' locks. */
export interface Locked {
  instances: InstanceRow[];
  memberships: MembershipRow[];
  /** All of the instances' events that are not over, and those of them that shall change rows now. */
  open: OpenEvent[];
  due: OpenEvent[];
  /** The run that takes its own events in the same transaction. */
  claim?: Claim;
}

export interface Claim {
  workflowId: string;
  runId: string;
  eventIds: ReadonlySet<string>;
}

/** Changes the rows; returns what groups were asked. `refs`: the caller's events, of which some may have been applied before. */
export async function applyDue(tx: Tx, refs: EventRef[], locked: Locked): Promise<GroupRequest[]> {
  const now = new Set(locked.due.map((event) => event.eventId));
  const before = refs.map((ref) => ref.eventId).filter((eventId) => !now.has(eventId));
  return [...(await applyTo(tx, locked)), ...(await renewRefused(tx, before))];
}

/** After the commit. */
export async function readApplied(
  db: Db,
  refs: EventRef[],
  due: OpenEvent[],
  requests: GroupRequest[],
): Promise<Applied> {
  const ids = refs.map((ref) => ref.eventId);
  const [waits, failures] = await Promise.all([waitsOf(db, ids), failuresOf(db, ids)]);
  return { waits, wake: toWake(refs, due, requests, waits), failures };
}

/**
 * The groups come last: their rounds wait for these locks, and so does every other change. Only events that name groups hold them from
 * the beginning, since they are judged by them.
 */
async function applyTo(tx: Tx, { instances, memberships, open, due: events, claim }: Locked): Promise<GroupRequest[]> {
  if (events.length === 0) return [];
  const named = events.flatMap((event) => event.body.multicast_groups ?? []);
  const judged = events.some((event) => event.kind === 'create' || event.kind === 'reconfigure');
  const groups = judged
    ? await lockGroups(tx, [...memberships.map((row) => row.groupId), ...named])
    : new Map<string, GroupStanding>();
  const folded = instances.flatMap((instance): Folded[] => {
    const own = events.filter((event) => event.instanceId === instance.id);
    if (own.length === 0) return [];
    const members = memberships.filter((row) => row.instanceId === instance.id);
    return [{ events: own, ...foldEvents(instance, members, own, groups, randomUUID) }];
  });
  const before = [eventStatement(folded, open, claim), instanceStatement(folded)];
  const touched = folded.flatMap(groupsToAsk);
  if (touched.length === 0) {
    await inOrder(tx, before);
    return [];
  }
  const waiters = folded.flatMap(waitersOf);
  const after = [...memberStatements(folded), ...(waiters.length === 0 ? [] : [waiterStatement(waiters)])];
  const answers = await inOrder(tx, [...before, requestStatement(touched), ...after]);
  return toRequests(answers[before.length] ?? []);
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
function waitersOf(folded: Folded) {
  const waiting = folded.events.filter(
    (event) =>
      event.kind !== 'create' &&
      event.kind !== 'reboot' &&
      !folded.failures.has(event.eventId) &&
      !folded.superseded.has(event.eventId),
  );
  return waiting.flatMap(({ eventId }) =>
    groupsToAsk(folded).map((groupId) => ({ eventId, groupId, instanceId: folded.instance.id })),
  );
}

function instanceStatement(folded: Folded[]): SQL {
  const rows = folded.map(({ instance, events }) => ({
    id: instance.id,
    state: instance.state,
    sled: instance.place?.sledId ?? null,
    propolis: instance.place?.propolisId ?? null,
    target_sled: instance.target?.sledId ?? null,
    target_propolis: instance.target?.propolisId ?? null,
    applied: Math.max(0, ...events.map((event) => event.generation)),
  }));
  return sql`
    update instance i set state = r.state::instance_state, sled_id = r.sled, propolis_id = r.propolis,
      target_sled_id = r.target_sled, target_propolis_id = r.target_propolis,
      applied = greatest(i.applied, r.applied), time_modified = now(),
      time_deleted = case when r.state = 'destroyed' then coalesce(i.time_deleted, now()) else i.time_deleted end
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id uuid, state text, sled uuid, propolis uuid, target_sled uuid, target_propolis uuid, applied bigint)
    where i.id = r.id`;
}

/**
 * Events that have changed rows, those that they overtake while these still wait for the network, and whose they are. What was overtaken
 * ends as superseded, whatever its round brings.
 */
function eventStatement(folded: Folded[], open: OpenEvent[], claim: Claim | undefined): SQL {
  const rows = folded.flatMap(({ instance, events, touched, failures, superseded, effective }) => [
    ...events.map((event) => {
      const newer = superseded.get(event.eventId);
      const reason = failures.get(event.eventId) ?? (newer === undefined ? null : `overtaken by generation ${newer}`);
      const state = failures.has(event.eventId) ? 'failed' : newer === undefined ? null : 'superseded';
      const own = claim?.eventIds.has(event.eventId) === true;
      return { id: event.eventId, applies: true, state, reason, touched, newer: newer ?? null, own };
    }),
    ...overtaken(
      open.filter((event) => event.instanceId === instance.id && event.applied),
      events.filter((event) => effective.has(event.eventId)),
    ),
  ]);
  return sql`
    update instance_event e set
      time_applied = case when r.applies then now() else e.time_applied end,
      touched = case when r.applies then r.touched else e.touched end,
      state = case when r.state is not null then r.state::event_state when r.own then 'running' else e.state end,
      reason = case when r.applies then r.reason else e.reason end,
      superseded_by = coalesce(r.newer, e.superseded_by),
      time_finished = case when r.state is not null then now() end,
      claimed_by = case when r.own then ${claim?.workflowId ?? null} else e.claimed_by end,
      run_id = case when r.own then ${claim?.runId ?? null} else e.run_id end,
      time_claimed = case when r.own then coalesce(e.time_claimed, now()) else e.time_claimed end
    from jsonb_to_recordset(${JSON.stringify(inIdOrder(rows, (row) => row.id))}::jsonb)
      as r(id uuid, applies boolean, state text, reason text, touched jsonb, newer bigint, own boolean)
    where e.event_id = r.id and e.time_finished is null`;
}

/** Events applied earlier that a newer one overtakes. */
function overtaken(applied: OpenEvent[], effective: PendingEvent[]) {
  return applied.flatMap(({ eventId, kind, generation }) => {
    const newer = effective
      .filter((event) => event.generation > generation && overtakes(event.kind).includes(kind))
      .map((event) => event.generation);
    if (newer.length === 0) return [];
    return [
      { id: eventId, applies: false, state: null, reason: null, touched: null, newer: Math.max(...newer), own: false },
    ];
  });
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

async function failuresOf(db: Db, ids: string[]): Promise<{ eventId: string; reason: string }[]> {
  const rows = await db.execute<{ event_id: string; reason: string }>(sql`
    select event_id, reason from instance_event where event_id = any(${uuids(ids)}) and state = 'failed'`);
  return [...rows].map((row) => ({ eventId: row.event_id, reason: row.reason }));
}
