/** Stands for `@temporalio/activity`. */
import { CancelledFailure } from '@temporalio/common';
import { msToNumber, type Duration } from '@temporalio/common/lib/time';
import { stage } from './stage';

export function activityInfo() {
  const { attempt = 1, workflowId = 'none', isLocal = false } = stage().clock.current;
  return { attempt, isLocal, workflowExecution: { workflowId, runId: workflowId } };
}

/** Ends with an error if the attempt's time is over by then. */
export async function sleep(duration: Duration): Promise<void> {
  await stage().clock.point(msToNumber(duration));
  cancellationSignal().throwIfAborted();
}

/** Aborted once the attempt's time is over. */
export function cancellationSignal() {
  return {
    throwIfAborted: () => {
      if (stage().clock.current.isCancelled === true) throw new CancelledFailure('its time is over');
    },
  };
}

export function heartbeat(): void {}

const nothing = { add() {}, record() {} };
export const metricMeter = { createCounter: () => nothing, createHistogram: () => nothing };
