/**
 * From posted events to their answers: stored first, started after the commit, answered last. A batch and a single event take
 * the same way, so an item of a batch is answered exactly as it would be alone.
 */
import { acceptEvents, type Acceptance, type PostedEvent } from '../db/accept-events';
import { lifecycleWorkflowId } from '../domain/workflow-ids';
import type { ApiDeps } from './deps';
import type { Dispatcher } from './dispatch';
import { describeIssues, toAnswer, type ErrorBody } from './errors';
import type { Inbox } from './inbox';
import type { ParsedItem } from './lifecycle-event';

export interface InternalDeps extends ApiDeps {
  dispatcher: Dispatcher;
}

export interface EventReceipt {
  event_id: string;
  outcome: 'accepted' | 'disabled' | 'duplicate' | 'stale';
  /** Where its status is. */
  url: string;
  /** The run that takes it; null where none does. */
  workflow_id: string | null;
}

export type EventAnswer = { status: 200 | 202; body: EventReceipt } | { status: number; body: ErrorBody };

export const eventUrl = (instanceId: string, eventId: string) => `/instances/${instanceId}/events/${eventId}`;

export async function acceptOne(
  deps: InternalDeps,
  inbox: Inbox,
  posted: PostedEvent,
): Promise<{ status: 200 | 202; body: EventReceipt }> {
  const acceptance = await inbox.accept(posted);
  if (acceptance.outcome === 'refused') throw acceptance.error;
  return receipt(posted, acceptance, await start(deps, posted, acceptance));
}

/** Items that do not parse are answered for themselves; the others share one transaction. */
export async function acceptBatch(deps: InternalDeps, items: ParsedItem[], requestId: string): Promise<EventAnswer[]> {
  const posted = items.filter((item) => item.success);
  const acceptances = await acceptEvents(deps.db, posted);
  const answered = await Promise.all(
    posted.map(async (item, index): Promise<EventAnswer> => {
      const acceptance = acceptances[index];
      if (acceptance === undefined) throw new Error('fewer answers than events');
      if (acceptance.outcome === 'refused') return toAnswerBody(acceptance.error, requestId);
      return receipt(item, acceptance, await start(deps, item, acceptance));
    }),
  );
  return items.map((item) => {
    if (item.success) return answered.shift()!;
    const message = `unable to parse JSON body: ${describeIssues(item.issues)}`;
    return { status: 400, body: { request_id: requestId, message } };
  });
}

function toAnswerBody(error: unknown, requestId: string): EventAnswer {
  const { status, body } = toAnswer(error, requestId);
  return { status, body };
}

/** The id of the run that takes the event, if one does. */
async function start(
  { dispatcher }: InternalDeps,
  { instanceId, event }: PostedEvent,
  acceptance: Acceptance,
): Promise<string | null> {
  if (event.kind === 'reboot' || acceptance.outcome === 'stale') return null;
  const ref = { eventId: event.event_id, instanceId, generation: event.generation };
  if (acceptance.outcome === 'accepted')
    return dispatcher.dispatch({ ref, kind: event.kind, sledId: sledOf(event), groups: acceptance.groups });
  const claimedBy = acceptance.outcome === 'duplicate' ? acceptance.claimedBy : null;
  return claimedBy ?? lifecycleWorkflowId(event.kind, [ref]);
}

function sledOf(event: PostedEvent['event']): string | undefined {
  if (event.kind === 'start') return event.sled_id;
  return event.kind === 'migrate' ? event.target.sled_id : undefined;
}

function receipt(
  { instanceId, event }: PostedEvent,
  { outcome }: Exclude<Acceptance, { outcome: 'refused' }>,
  workflowId: string | null,
): { status: 200 | 202; body: EventReceipt } {
  return {
    status: outcome === 'accepted' || outcome === 'disabled' ? 202 : 200,
    body: { event_id: event.event_id, outcome, url: eventUrl(instanceId, event.event_id), workflow_id: workflowId },
  };
}
