/** Events of all instances, newest first, as an operator looks for them. */
import { and, desc, eq, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { EventKind, EventOutcome } from '../domain/events';
import type { Queryable } from './client';
import { eventOutcome, type EventStatusRow } from './instance-status';
import { instanceEvent } from './schema';

export interface EventFilter {
  outcome?: EventOutcome | undefined;
  instance?: string | undefined;
  kind?: EventKind | undefined;
}

export interface EventPage {
  limit: number;
  /** Sequence of the last one seen. */
  before: number | null;
}

const UNFINISHED: readonly string[] = ['pending', 'running', 'disabled'];

export async function listAllEvents(
  db: Queryable,
  page: EventPage,
  { outcome, instance, kind }: EventFilter = {},
): Promise<EventStatusRow[]> {
  const conditions: (SQL | undefined)[] = [
    page.before === null ? undefined : lt(instanceEvent.sequence, page.before),
    instance === undefined ? undefined : eq(instanceEvent.instanceId, instance),
    kind === undefined ? undefined : eq(instanceEvent.kind, kind),
    outcome === undefined ? undefined : sql`${eventOutcome} = ${outcome}`,
    // Says what is so anyway, so that the index of unfinished events serves.
    outcome !== undefined && UNFINISHED.includes(outcome) ? isNull(instanceEvent.timeFinished) : undefined,
  ];
  const rows = await db
    .select({ event: instanceEvent, outcome: eventOutcome })
    .from(instanceEvent)
    .where(and(...conditions))
    .orderBy(desc(instanceEvent.sequence))
    .limit(page.limit);
  return rows.map((row) => ({ ...row.event, outcome: row.outcome }));
}

export async function findEvent(db: Queryable, eventId: string): Promise<EventStatusRow | null> {
  const [row] = await db
    .select({ event: instanceEvent, outcome: eventOutcome })
    .from(instanceEvent)
    .where(eq(instanceEvent.eventId, eventId));
  return row === undefined ? null : { ...row.event, outcome: row.outcome };
}
