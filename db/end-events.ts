/**
 * Outcomes of events, each written once. An event whose saga has nothing left to do but wait ends when the last of its groups has
 * committed the round that served or failed it; one that moves or registers a VMM is ended by its workflow.
 *
 * Read after the commit, by whoever committed: of two groups that bring an event's last outcomes at the same time, the later sees both.
 */
import { sql } from 'drizzle-orm';
import type { EventEnd } from '../domain/events';
import type { Db, Queryable } from './client';
import { inIdOrder, uuids } from './lists';

/** An event that has ended just now, as it is counted. */
export type FinishedEvent = EventEnd & {
  kind: string;
  /** Since its acceptance. */
  seconds: number;
};

/** Events, as `e`, that carry a body for the sled agent's registration. */
export const registers = sql`coalesce(e.body -> 'vmm_registration', 'null') <> 'null'`;

/** Events, as `e`, that wait for nothing but rounds once their rows have changed. */
export const endsByItself = sql`e.kind <> 'migrate' and not (${registers})`;

const finished = sql`e.event_id as "eventId", e.kind, e.state as outcome, e.reason,
  extract(epoch from e.time_finished - e.time_accepted)::float8 as seconds`;

/** Ends those of these events that have changed rows and wait for no round. */
export async function endIdle(db: Queryable, eventIds: string[]): Promise<FinishedEvent[]> {
  return end(
    db,
    eventIds.map((id) => ({ id, failure: null })),
  );
}

/** Ends the events that this group has brought their last outcome. What failed first, in the order of groups, is the reason. */
export async function endServed(db: Queryable, groupId: string): Promise<FinishedEvent[]> {
  const served = await db.execute<{ id: string }>(sql`
    select event_id as id from group_waiter where group_id = ${groupId} and outcome is not null and not told`);
  if (served.length === 0) return [];
  const decided = await db.execute<Decided>(sql`
    select w.event_id as id, (array_agg(coalesce(host(g.multicast_ip) || ': ', '') || coalesce(w.reason, w.outcome) order by w.group_id)
      filter (where w.outcome <> 'served'))[1] as failure
    from group_waiter w left join multicast_group g on g.id = w.group_id
    where w.event_id = any(${uuids([...served].map((row) => row.id))})
    group by w.event_id
    -- A group that is gone has nothing left to wait for.
    having bool_and(w.outcome is not null or g.id is null)`);
  return end(db, [...decided]);
}

type Decided = {
  id: string;
  failure: string | null;
};

async function end(db: Queryable, decided: Decided[]): Promise<FinishedEvent[]> {
  if (decided.length === 0) return [];
  const rows = await db.execute<FinishedEvent>(sql`
    update instance_event e set
      state = (case when e.superseded_by is not null then 'superseded' when d.failure is not null then 'failed' else 'succeeded' end)::event_state,
      reason = case when e.superseded_by is not null then 'overtaken by generation ' || e.superseded_by else d.failure end,
      time_finished = now()
    from jsonb_to_recordset(${JSON.stringify(inIdOrder(decided, (row) => row.id))}::jsonb) as d(id uuid, failure text)
    where e.event_id = d.id and e.time_finished is null and e.time_applied is not null and e.claimed_by is not null
      and ${endsByItself}
    returning ${finished}`);
  return [...rows];
}

/** Which of these events of this workflow are over, and how. */
export async function endedEvents(db: Queryable, workflowId: string, eventIds: string[]): Promise<EventEnd[]> {
  const rows = await db.execute<EventEnd>(sql`
    select event_id as "eventId", state as outcome, reason from instance_event
    where event_id = any(${uuids(eventIds)}) and claimed_by = ${workflowId} and time_finished is not null`);
  return [...rows];
}

/**
 * The outcomes that a workflow has come to for its events: what is over stays as it is, and waits for nothing any more. Returns those
 * that ended now.
 */
export async function finishEvents(
  db: Db,
  workflowId: string,
  outcomes: { eventId: string; outcome: 'succeeded' | 'failed'; reason: string | null }[],
): Promise<FinishedEvent[]> {
  if (outcomes.length === 0) return [];
  const rows = await db.execute<FinishedEvent>(sql`
    with over as (update instance_event e set
      state = (case when e.superseded_by is not null then 'superseded' else r.outcome end)::event_state,
      reason = case when e.superseded_by is not null then 'overtaken by generation ' || e.superseded_by else r.reason end,
      time_applied = coalesce(e.time_applied, now()),
      time_finished = now()
    from jsonb_to_recordset(${JSON.stringify(inIdOrder(outcomes, (row) => row.eventId))}::jsonb) as r("eventId" uuid, outcome text, reason text)
    where e.event_id = r."eventId" and e.claimed_by = ${workflowId} and e.time_finished is null
    returning ${finished}),
    waited as (delete from group_waiter w using over f where w.event_id = f."eventId")
    select * from over`);
  return [...rows];
}
