/** States `db/end-events.ts` again. */
import type * as real from '../../../../db/end-events';
import { stage } from '../stage';
import { checkFinished, checkHeard } from '../truth';
import { atomic, now, type EventRow, type Tables } from '../tables';

interface Decided {
  id: string;
  failure: string | null;
}

export function endsByItself({ kind, body }: EventRow): boolean {
  return kind !== 'migrate' && body.vmm_registration == null;
}

function finish(
  tables: Tables,
  event: EventRow,
  outcome: 'succeeded' | 'failed',
  reason: string | null,
): real.FinishedEvent {
  const newer = event.supersededBy;
  event.state = newer === null ? outcome : 'superseded';
  event.reason = newer === null ? reason : `overtaken by generation ${newer}`;
  Object.assign(event, { applied: true, timeFinished: now() });
  checkFinished(tables, event);
  return { ...endOf(event), kind: event.kind, seconds: (now() - event.timeAccepted) / 1_000 };
}

function endOf({ id: eventId, state, reason }: EventRow) {
  return { eventId, outcome: state as real.FinishedEvent['outcome'], reason };
}

const end = atomic((tables, decided: Decided[]) =>
  decided.flatMap(({ id, failure }) => {
    const event = tables.events.get(id);
    if (event === undefined || event.timeFinished !== null || !event.applied || event.claimedBy === null) return [];
    if (!endsByItself(event)) return [];
    return [finish(tables, event, failure === null ? 'succeeded' : 'failed', failure)];
  }),
);

export const endIdle: typeof real.endIdle = async (db, ids) =>
  ids.length === 0
    ? []
    : end(
        db,
        ids.map((id) => ({ id, failure: null })),
      );

const servedBy = atomic((tables, groupId: string) =>
  tables.waiters
    .filter((row) => row.groupId === groupId && row.outcome !== null && !row.told)
    .map((row) => row.eventId),
);

const decided = atomic((tables, groupId: string, ids: string[]): Decided[] => {
  const alone = stage().defect === 'ends judged by one group only';
  return ids.flatMap((id) => {
    const all = tables.waiters.filter((row) => row.eventId === id && (!alone || row.groupId === groupId));
    if (all.length === 0) return [];
    if (!all.every((row) => row.outcome !== null || !tables.groups.has(row.groupId))) return [];
    const failed = all
      .toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
      .find((row) => row.outcome !== null && row.outcome !== 'served');
    const ip = tables.groups.get(failed?.groupId ?? '')?.ip;
    const reason = `${ip === undefined ? '' : `${ip}: `}${failed?.reason ?? failed?.outcome}`;
    return [{ id, failure: failed === undefined ? null : reason }];
  });
});

export const endServed: typeof real.endServed = async (db, groupId) => {
  const served = await servedBy(db, groupId);
  if (served.length === 0) return [];
  const ends = await decided(db, groupId, served);
  return ends.length === 0 ? [] : end(db, ends);
};

export const endsOf = atomic((tables, workflowId: string, ids: string[]) =>
  ids.flatMap((id) => {
    const event = tables.events.get(id);
    return event?.claimedBy === workflowId && event.timeFinished !== null ? [endOf(event)] : [];
  }),
);

/** As activities ask: of a run that has waited to its bound. */
export const endedEvents: typeof real.endedEvents = async (db, workflowId, ids) => {
  const ended = await endsOf(db, workflowId, ids);
  checkHeard(stage().tables, workflowId, ended);
  return ended;
};

const finishAll = atomic((tables, workflowId: string, outcomes: Parameters<typeof real.finishEvents>[2]) =>
  outcomes.flatMap(({ eventId, outcome, reason }) => {
    const event = tables.events.get(eventId);
    if (event === undefined || event.claimedBy !== workflowId || event.timeFinished !== null) return [];
    tables.waiters = tables.waiters.filter((waiter) => waiter.eventId !== eventId);
    return [finish(tables, event, outcome, reason)];
  }),
);

export const finishEvents: typeof real.finishEvents = async (db, workflowId, outcomes) =>
  outcomes.length === 0 ? [] : finishAll(db, workflowId, outcomes);
