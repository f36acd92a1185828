/** Stands for `@temporalio/activity`. */
import { stage } from './stage';

export function activityInfo() {
  const { attempt = 1, workflowId = 'none' } = stage().clock.current;
  return { attempt, workflowExecution: { workflowId, runId: workflowId } };
}

export function heartbeat(): void {}

export const sleep = (ms: number): Promise<void> => stage().clock.point(ms);

const nothing = { add() {}, record() {} };
export const metricMeter = { createCounter: () => nothing, createHistogram: () => nothing };
