/** States `db/deliveries.ts` again. */
import type * as real from '../../../../db/deliveries';
import type { EventEnd } from '../../../../domain/events';
import { stage } from '../stage';
import { atomic, type EventRow, type Tables, type WaiterRow } from '../tables';
import { endsByItself } from './end-events';

type Wait = real.Delivery['waits'][number];
type OfRun<Told> = Told & { workflowId: string };

/** Waits that are decided and not told, of events that a run has taken. */
function untold(tables: Tables, isWanted: (event: EventRow) => boolean): (WaiterRow & { claimedBy: string })[] {
  return tables.waiters.flatMap((row) => {
    const event = tables.events.get(row.eventId);
    if (event === undefined || row.outcome === null || row.told || event.claimedBy === null) return [];
    return isWanted(event) ? [{ ...row, claimedBy: event.claimedBy }] : [];
  });
}

const touchedRuns = atomic((tables, groupId: string) => {
  const over = untold(tables, (event) => event.timeFinished !== null && endsByItself(event));
  return [...new Set(over.filter((row) => row.groupId === groupId).map((row) => row.claimedBy))];
});

function eventsOf(tables: Tables, run: string): EventRow[] {
  return [...tables.events.values()].filter((event) => event.claimedBy === run && endsByItself(event));
}

const overOf = atomic((tables, runs: string[]) =>
  runs.filter((run) => eventsOf(tables, run).every((event) => event.timeFinished !== null)),
);

const endsOfRuns = atomic((tables, runs: string[]): OfRun<EventEnd>[] =>
  runs.flatMap((workflowId) =>
    eventsOf(tables, workflowId).map(({ id: eventId, state, reason }) => {
      return { workflowId, eventId, outcome: state as EventEnd['outcome'], reason };
    }),
  ),
);

async function endedRuns(db: unknown, groupId: string): Promise<OfRun<EventEnd>[]> {
  const touched = await touchedRuns(db, groupId);
  const over = touched.length === 0 ? [] : await overOf(db, touched);
  return over.length === 0 ? [] : endsOfRuns(db, over);
}

const openWaits = atomic((tables, groupId: string): OfRun<Wait>[] =>
  untold(tables, (event) => !endsByItself(event)).flatMap(({ claimedBy: workflowId, outcome, ...row }) => {
    const { eventId, request, reason } = row;
    return row.groupId !== groupId || outcome === null
      ? []
      : [{ workflowId, eventId, groupId, request, outcome, reason }];
  }),
);

/** A destructive read: what it took is lost if its caller dies. */
const drain = atomic((tables, groupId: string) => {
  tables.waiters = tables.waiters.filter((row) => row.groupId !== groupId || row.outcome === null);
});

export const undelivered: typeof real.undelivered = async (db, groupId) => {
  const [ended, waits] = await Promise.all([endedRuns(db, groupId), openWaits(db, groupId)]);
  if (stage().defect === 'waiters drained destructively') await drain(db, groupId);
  const byRun = new Map<string, real.Delivery>();
  const of = (workflowId: string): real.Delivery => {
    const delivery = byRun.get(workflowId) ?? { workflowId, ended: [], waits: [] };
    byRun.set(workflowId, delivery);
    return delivery;
  };
  for (const { workflowId, ...event } of ended) of(workflowId).ended.push(event);
  for (const { workflowId, ...wait } of waits) of(workflowId).waits.push(wait);
  return [...byRun.values()];
};

export const untoldGroups: typeof real.untoldGroups = atomic((tables) => {
  const isDecided = (event: EventRow) =>
    tables.waiters.every((other) => other.eventId !== event.id || other.outcome !== null);
  const waiting = untold(tables, (event) => !endsByItself(event) || isDecided(event));
  const updates = tables.updates.filter(
    ({ told, state }) => !told && (state === 'served' || state === 'failed' || state === 'refused'),
  );
  return [...new Set([...waiting, ...updates].map((row) => row.groupId))];
});

const forget = atomic((tables, ended: EventEnd[]) => {
  const ids = new Set(ended.map((event) => event.eventId));
  tables.waiters = tables.waiters.filter((row) => !ids.has(row.eventId));
});

const markTold = atomic((tables, waits: Wait[]) => {
  for (const row of tables.waiters)
    if (
      row.outcome !== null &&
      waits.some((each) => each.eventId === row.eventId && each.groupId === row.groupId && each.request === row.request)
    )
      row.told = true;
});

export const markDelivered: typeof real.markDelivered = async (db, { ended, waits }) => {
  if (ended.length > 0) await forget(db, ended);
  if (waits.length > 0) await markTold(db, waits);
};
