/** Stands for `@temporalio/workflow`: what workflow code calls, answered by the run whose code is running. */
import { ActivityFailure, CancelledFailure } from '@temporalio/common';
import { msToNumber, type Duration } from '@temporalio/common/lib/time';
import { stage } from './stage';
import { ContinueAsNew, type Options } from './life';
import type { WorkflowRun } from './workflow-run';

export { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure, rootCause } from '@temporalio/common';

function current(): WorkflowRun {
  const { run } = stage();
  if (run === null) throw new Error('not in a workflow');
  return run;
}

type Call = (input: unknown) => Promise<unknown>;

function proxy(local: boolean, options: Options): Record<string, Call> {
  return new Proxy({}, { get: (_, name: string) => (input: unknown) => current().call(name, input, local, options) });
}

export const proxyActivities = (options: Options) => proxy(false, options);
export const proxyLocalActivities = (options: Options) => proxy(true, options);

export const defineSignal = (name: string) => ({ name });
export const setHandler = ({ name }: { name: string }, handler: (...args: unknown[]) => void): void =>
  current().handle(name, handler);

export const condition = (holds: () => boolean, timeout?: Duration) =>
  current().condition(holds, timeout === undefined ? null : msToNumber(timeout));
export const sleep = (duration: Duration) => current().sleep(msToNumber(duration));

export const workflowInfo = () => current().info();
export const continueAsNew = (...args: unknown[]): never => {
  throw new ContinueAsNew(args[0]);
};

export const CancellationScope = { nonCancellable: <T>(work: () => Promise<T>): Promise<T> => work() };

export function isCancellation(error: unknown): boolean {
  return error instanceof CancelledFailure || (error instanceof ActivityFailure && isCancellation(error.cause));
}

export const patched = () => true;
export const upsertSearchAttributes = (): void => {};
export const setCurrentDetails = (): void => {};
export const log = { error() {}, warn() {}, info() {}, debug() {} };
