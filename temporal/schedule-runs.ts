/** What a schedule has done lately, as Temporal tells it: the newest runs it started, where each stands, and its result. */
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';

export interface ScheduleRun {
  workflowId: string;
  runId: string;
  status: RunStatus;
  timeStarted: Date;
  timeFinished: Date | null;
  /** What a run under way says of itself, if its worker answers. */
  details: string | null;
  /** What a completed run returned. */
  result: unknown;
  /** Why a run failed. */
  error: string | null;
}

export type RunStatus = 'running' | 'completed' | 'failed' | 'canceled' | 'terminated' | 'timed_out' | 'unknown';

export interface ScheduleRuns {
  paused: boolean;
  note: string | null;
  timeNext: Date | null;
  /** Newest first. */
  runs: ScheduleRun[];
}

/** A worker that is busy or away does not answer queries; then there are no details. */
const DETAILS_WITHIN_MS = 1_000;

const STATUS: Record<string, RunStatus> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'canceled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

export async function scheduleRuns(client: Client, scheduleId: string, most: number): Promise<ScheduleRuns> {
  const { state, info } = await client.schedule.getHandle(scheduleId).describe();
  const newest = info.recentActions.toReversed().slice(0, most);
  const runs = await Promise.all(newest.map(({ action }) => readRun(client, action.workflow)));
  return {
    paused: state.paused,
    note: state.note === undefined || state.note === '' ? null : state.note,
    timeNext: info.nextActionTimes[0] ?? null,
    runs: runs.filter((run) => run !== null),
  };
}

/** Null when Temporal does not keep it any more. */
async function readRun(
  client: Client,
  { workflowId, firstExecutionRunId: runId }: { workflowId: string; firstExecutionRunId: string },
): Promise<ScheduleRun | null> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    const { status, startTime, closeTime } = await handle.describe();
    const run: ScheduleRun = {
      workflowId,
      runId,
      status: STATUS[status.name] ?? 'unknown',
      timeStarted: startTime,
      timeFinished: closeTime ?? null,
      details: null,
      result: null,
      error: null,
    };
    if (run.status === 'running') return { ...run, details: await detailsOf(client, workflowId, runId) };
    return { ...run, ...(await resultOf(() => handle.result())) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

async function resultOf(read: () => Promise<unknown>): Promise<Pick<ScheduleRun, 'result' | 'error'>> {
  try {
    return { result: await read(), error: null };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { result: null, error: error.cause?.message ?? error.message };
  }
}

async function detailsOf(client: Client, workflowId: string, runId: string): Promise<string | null> {
  try {
    const metadata = await client.withDeadline(Date.now() + DETAILS_WITHIN_MS, () =>
      client.workflow.getHandle(workflowId, runId).query<{ currentDetails?: string }>('__temporal_workflow_metadata'),
    );
    const { currentDetails } = metadata;
    return currentDetails === undefined || currentDetails === '' ? null : currentDetails;
  } catch {
    return null;
  }
}
