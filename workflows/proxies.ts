/**
 * Activities as workflows see them, by class of work. Short database steps are local: no dispatch, no queue. What an operator must see
 * pending and retrying, a switch or a sled, is a normal activity with a summary.
 */
import { proxyActivities, proxyLocalActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { LIMITS } from '../domain/limits';

/** Database steps: retried until the database is back. */
export const rows = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
});

/** A round's first attempt calls switches and sleds: each call has its deadline, and all of them together less than this. */
export const attempt = proxyLocalActivities<Activities>({
  startToCloseTimeout: LIMITS.roundAttemptMs,
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
});

const switchStep = (summary: string, bounded: boolean): ActivityOptions => ({
  summary,
  startToCloseTimeout: LIMITS.switchAttemptMs,
  // How soon the death of a worker is noticed.
  heartbeatTimeout: LIMITS.heartbeatMs,
  ...(bounded ? { scheduleToCloseTimeout: LIMITS.switchStepMs } : {}),
  retry: { initialInterval: LIMITS.switchRetryMs, backoffCoefficient: 2, maximumInterval: LIMITS.switchRetryMaxMs },
});

/** A step at a switch that the round needs. */
export const onSwitch = (summary: string) => proxyActivities<Activities>(switchStep(summary, true));

/** The undo of such a step: it ends when it is done or when the switch leaves service. */
export const undoOnSwitch = (summary: string) => proxyActivities<Activities>(switchStep(summary, false));

/** A step at a switch that is being brought back: nobody waits for it long. */
export const onResyncingSwitch = (summary: string) =>
  proxyActivities<Activities>({ ...switchStep(summary, false), scheduleToCloseTimeout: LIMITS.resyncingStepMs });

/** How often a sled is asked is bounded by the activity itself: an attempt that our own database cost does not count. */
const sledStep = (summary: string, bound: number): ActivityOptions => ({
  summary,
  startToCloseTimeout: LIMITS.sledAttemptMs,
  heartbeatTimeout: LIMITS.heartbeatMs,
  scheduleToCloseTimeout: bound,
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

/** Flows: a round waits for a sled no longer than this. */
export const onSled = (summary: string) => proxyActivities<Activities>(sledStep(summary, LIMITS.sledStepMs));

/** A registration: its event waits for it. */
export const registering = (summary: string) => proxyActivities<Activities>(sledStep(summary, LIMITS.waitMs));

/** The undo of a registration: until the sled has answered. */
export const undoOnSled = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: LIMITS.sledAttemptMs,
    scheduleToCloseTimeout: LIMITS.waitMs,
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  });

/** Long reads of whole switches, and health: they tell that they are alive. */
export const overSwitches = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '5m',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
  });
