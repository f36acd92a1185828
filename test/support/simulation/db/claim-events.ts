/** States `db/claim-events.ts` again: one transaction, and what is read after its commit. */
import type * as real from '../../../../db/claim-events';
import type { EventRef } from '../../../../domain/events';
import { stage } from '../stage';
import { atomic, now, type EventRow } from '../tables';
import { readApplied } from './apply-events';
import { applyNow, drain } from './change-rows';
import { endIdle, endsByItself, endsOf } from './end-events';

const take = atomic((tables, workflowId: string, refs: EventRef[], drained?: EventRow[]) => {
  const events = refs
    .flatMap((ref) => tables.events.get(ref.eventId) ?? [])
    .filter((event) => event.timeFinished === null && (event.claimedBy ?? workflowId) === workflowId)
    .toSorted((a, b) => a.sequence - b.sequence);
  for (const event of events)
    Object.assign(event, { state: 'running', claimedBy: workflowId, timeClaimed: event.timeClaimed ?? now() });
  const claimed = events.map((event): real.ClaimedEvent => {
    const { id: eventId, instanceId, generation, body } = event;
    return {
      eventId,
      instanceId,
      generation,
      registers: body.vmm_registration != null,
      endsByItself: endsByItself(event),
    };
  });
  const ready = claimed.filter((event) => !event.registers);
  return { events: claimed, ready, changed: applyNow(tables, ready, {}, drained) };
});

export const claimEvents: typeof real.claimEvents = async (db, workflowId, _runId, refs) => {
  const { tables, defect } = stage();
  const isReady = ({ eventId }: EventRef) => tables.events.get(eventId)?.body.vmm_registration == null;
  const drained = defect === 'events drained destructively' ? await drain(db, refs.filter(isReady)) : undefined;
  const { events, ready, changed } = await take(db, workflowId, refs, drained);
  const applied = await readApplied(db, ready, changed);
  const waiting = new Set(applied.waits.map((wait) => wait.eventId));
  const idle = ready.map((event) => event.eventId).filter((eventId) => !waiting.has(eventId));
  const finished = await endIdle(db, idle);
  const ids = refs.map((ref) => ref.eventId);
  const ended = defect === 'ended in memory only' ? [] : await endsOf(db, workflowId, ids);
  return { ...applied, events, finished, ended };
};
