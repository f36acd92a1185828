/** States `db/claim-events.ts` again. */
import type * as real from '../../../../db/claim-events';
import { checkFinished } from '../truth';
import { atomic, now } from '../tables';

export const claimEvents: typeof real.claimEvents = atomic(
  (tables, workflowId: string, _runId: string, eventIds: string[]) =>
    eventIds.flatMap((id) => {
      const event = tables.events.get(id);
      if (event === undefined || event.finished) return [];
      if (event.claimedBy !== null && event.claimedBy !== workflowId) return [];
      Object.assign(event, { state: 'running', claimedBy: workflowId, timeClaimed: event.timeClaimed ?? now() });
      const { instanceId, generation, body } = event;
      return [{ eventId: id, instanceId, generation, registers: body.vmm_registration != null }];
    }),
);

export const finishEvents: typeof real.finishEvents = atomic((tables, workflowId: string, outcomes) => {
  for (const { eventId, outcome, reason } of outcomes) {
    const event = tables.events.get(eventId);
    if (event === undefined || event.claimedBy !== workflowId || event.finished) continue;
    const newer = event.supersededBy;
    event.state = newer === null ? outcome : 'superseded';
    event.reason = newer === null ? reason : `overtaken by generation ${newer}`;
    Object.assign(event, { applied: true, finished: true });
    checkFinished(tables, event);
    tables.waiters = tables.waiters.filter((waiter) => waiter.eventId !== eventId);
  }
  return [];
});
