/**
 * Starts the workflows of accepted events, as a database writes its log: while a start of a kind is under way, events of that
 * kind gather and share the next run; a lone event gets a run of its own at once.
 *
 * Nothing depends on a start: an accepted event is a row, and reconciliation starts what nobody started. So a failed start is
 * logged, a slow one is not waited for, and what exceeds the queue is left to reconciliation.
 */
import type { Logger } from 'pino';
import type { EventRef, WorkflowKind } from '../domain/events';
import { LIMITS } from '../domain/limits';
import { lifecycleWorkflowId } from '../domain/workflow-ids';
import type { Temporal } from '../temporal/client';
import { within } from './deadline';

export interface Startable {
  ref: EventRef;
  kind: WorkflowKind;
  /** Where the VM starts or goes, for the search attribute. */
  sledId?: string | undefined;
}

interface Waiting extends Startable {
  started(workflowId: string): void;
}

interface Queue {
  waiting: Waiting[];
  starting: number;
}

/** Full runs gain nothing by waiting for each other. */
const CONCURRENT_STARTS = 4;
const MAX_WAITING = 20_000;
const ANSWER_WITHIN_MS = 1_000;
const GIVE_UP_MS = 15_000;

export type Dispatcher = ReturnType<typeof createDispatcher>;

export function createDispatcher({ temporal, log }: { temporal: Pick<Temporal, 'startLifecycle'>; log: Logger }) {
  const queues = new Map<WorkflowKind, Queue>();
  const running = new Set<Promise<void>>();
  /** Whether the last start was in time; while they are not, nobody waits for one. */
  let prompt = true;

  function pump(kind: WorkflowKind, queue: Queue): void {
    while (queue.waiting.length > 0) {
      const full = queue.waiting.length >= LIMITS.eventsPerRun;
      if (queue.starting >= (full ? CONCURRENT_STARTS : 1)) return;
      const run = queue.waiting.splice(0, LIMITS.eventsPerRun);
      queue.starting++;
      const done = start(kind, run).finally(() => {
        queue.starting--;
        running.delete(done);
        pump(kind, queue);
      });
      running.add(done);
    }
  }

  async function start(kind: WorkflowKind, run: Waiting[]): Promise<void> {
    const refs = run.map((each) => each.ref);
    const workflowId = lifecycleWorkflowId(kind, refs);
    const sleds = new Set(run.map((each) => each.sledId));
    const sledId = sleds.size === 1 ? run[0]?.sledId : undefined;
    try {
      await within(
        GIVE_UP_MS,
        temporal.startLifecycle(kind, refs, { workflowId, ...(sledId !== undefined && { sledId }) }),
      );
      prompt = true;
    } catch (error) {
      prompt = false;
      log.warn(
        { kind, events: refs.length, workflowId, error: String(error) },
        'a workflow was not started; reconciliation will start it',
      );
    }
    for (const each of run) each.started(workflowId);
  }

  /** Resolves with the id of the run that takes the event, or, if that takes too long, with the id it would have alone. */
  function dispatch(event: Startable): Promise<string> {
    const queue = queues.get(event.kind) ?? { waiting: [], starting: 0 };
    queues.set(event.kind, queue);
    const alone = lifecycleWorkflowId(event.kind, [event.ref]);
    if (queue.waiting.length >= MAX_WAITING) return Promise.resolve(alone);
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          prompt = false;
          resolve(alone);
        },
        prompt ? ANSWER_WITHIN_MS : 0,
      );
      queue.waiting.push({
        ...event,
        started: (workflowId) => {
          clearTimeout(timer);
          resolve(workflowId);
        },
      });
      // In the next turn, so that the events of one batch are together.
      setImmediate(() => pump(event.kind, queue));
    });
  }

  return {
    dispatch,
    /** Waits for the starts under way, within a bound. */
    async close(): Promise<void> {
      const ended = (async () => {
        while (running.size > 0) await Promise.all(running);
      })();
      await within(ANSWER_WITHIN_MS * 3, ended).catch(() => undefined);
    },
  };
}
