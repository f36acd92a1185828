/** Names under which people find things in Temporal's UI. Ids are made of what they stand for, so a second start is refused. */
import type { EventRef, WorkflowKind } from './events';

/** `start/<instance>/<event>`; a run that took more events says how many. */
export function lifecycleWorkflowId(kind: WorkflowKind, events: EventRef[]): string {
  const first = events[0];
  if (first === undefined) throw new Error('a lifecycle workflow takes at least one event');
  const more = events.length > 1 ? `+${events.length - 1}` : '';
  return `${kind}/${first.instanceId}/${first.eventId}${more}`;
}

const GROUP = 'group/';

export function groupWorkflowId(groupId: string): string {
  return GROUP + groupId;
}

export function switchWorkflowId(switchId: string): string {
  return `switch/${switchId}`;
}

export function groupUpdateWorkflowId(updateId: string): string {
  return `group-update/${updateId}`;
}

export const RECONCILE_SCHEDULE = 'reconcile';
export const HEALTH_SCHEDULE = 'switch-health';

/** Signal of `groupConverge`: something may have changed. Carries nothing; the request is a row. */
export const WAKE_SIGNAL = 'wake';
/** Signal of lifecycle workflows: what a round brought to events that go on after it. */
export const OUTCOMES_SIGNAL = 'outcomes';
/** Signal of lifecycle workflows: how events ended that are over with their rounds. */
export const ENDED_SIGNAL = 'ended';
