/** What reconciliation has found and brought about lately. Its reports are Temporal's to keep, so without Temporal there are none. */
import { ScheduleNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { RECONCILE_SCHEDULE } from '../../../domain/workflow-ids';
import type { ScheduleRun } from '../../../temporal/schedule-runs';
import type { ReconcileReport } from '../../../workflows/reconcile';
import { within } from '../../deadline';
import type { ApiDeps } from '../../deps';
import { unavailable } from '../../errors';
import type { Server } from '../../server';
import { errors, ok, Timestamp } from '../../wire';

const MOST_RUNS = 5;
const ANSWER_WITHIN_MS = 5_000;

/** Field by field what the workflow returns, so that neither can change without the other. */
const report = {
  disabled: z.boolean().meta({ description: 'Multicast is off: nothing was done.' }),
  groups_created: z.int(),
  groups_deleted: z.int(),
  groups_verified: z.int().meta({ description: 'Objects compared and found right.' }),
  groups_different: z.int().meta({ description: 'Found different on some switch.' }),
  groups_repaired: z.int(),
  groups_woken: z.int(),
  members_processed: z.int(),
  members_repaired: z.int(),
  members_deleted: z.int(),
  orphans_removed: z.int(),
  events_redelivered: z.int(),
  switches_checked: z.int(),
  skipped: z.array(z.string()).meta({ description: 'Work that was not done, apart from work that was not there.' }),
  errors: z.array(z.string()).meta({ description: 'Item by item; none keeps the others from being worked on.' }),
} satisfies { [field in keyof ReconcileReport]: z.ZodType<ReconcileReport[field]> };

const Report = z.object(report).meta({ id: 'ReconcileReport' });

const Run = z
  .object({
    workflow_id: z.string(),
    run_id: z.string(),
    status: z.enum(['running', 'completed', 'failed', 'canceled', 'terminated', 'timed_out', 'unknown']),
    time_started: Timestamp,
    time_finished: Timestamp.nullable(),
    details: z.string().nullable().meta({ description: 'What a run under way says of itself (Markdown).' }),
    report: Report.nullable().meta({ description: 'What a completed run returned.' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'ReconcileRun' });

const ReconcileStatus = z
  .object({
    schedule_id: z.string(),
    paused: z.boolean(),
    note: z.string().nullable().meta({ description: 'Why it is paused, if somebody said so.' }),
    time_next: Timestamp.nullable(),
    runs: z.array(Run).meta({ description: 'Newest first.' }),
  })
  .meta({ id: 'ReconcileStatus' });

const view = (run: ScheduleRun): z.output<typeof Run> => ({
  workflow_id: run.workflowId,
  run_id: run.runId,
  status: run.status,
  time_started: run.timeStarted,
  time_finished: run.timeFinished,
  details: run.details,
  // A run of an earlier build may have reported otherwise.
  report: Report.safeParse(run.result).data ?? null,
  error: run.error,
});

export function reconcileRoutes(server: Server, { temporal }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/reconcile',
    schema: {
      operationId: 'reconcile_view',
      summary: 'The last reports of reconciliation, and whether it is paused',
      tags: ['operations'],
      response: { 200: ok(ReconcileStatus), ...errors },
    },
    handler: async () => {
      const told = await within(ANSWER_WITHIN_MS, temporal.scheduleRuns(RECONCILE_SCHEDULE, MOST_RUNS)).catch(
        (error: unknown) => {
          const absent = error instanceof ScheduleNotFoundError;
          throw unavailable(absent ? 'Temporal has no schedule for it' : 'Temporal does not tell', error);
        },
      );
      return {
        schedule_id: RECONCILE_SCHEDULE,
        paused: told.paused,
        note: told.note,
        time_next: told.timeNext,
        runs: told.runs.map(view),
      };
    },
  });
}
