/**
 * Starts the workflows of accepted events, as a database writes its log: a lone event gets a run of its own at once; events of a kind that
 * come while others were just started gather for a moment and share the next run.
 *
 * Nothing depends on a start: an accepted event is a row, and reconciliation starts what nobody started. So nobody waits for one, a failed
 * start is logged, and what exceeds the queue is left to reconciliation.
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
  /** Where its instance is a member, for the same. */
  groups: { id: string; ip: string }[];
}

interface Gathered extends Startable {
  /** The run that will take it. */
  named(workflowId: string): void;
  /** When it came. */
  at: number;
}

/** Events of one kind that are still to be put into a run. */
interface Gathering {
  events: Gathered[];
  timer: NodeJS.Timeout | undefined;
  /** When the last run was put together. */
  lastAt: number;
}

const CONCURRENT_STARTS = 8;
const MOST_WAITING = 20_000;
const GIVE_UP_MS = 15_000;
const CLOSE_WITHIN_MS = 3_000;

export type Dispatcher = ReturnType<typeof createDispatcher>;

export function createDispatcher({ temporal, log }: { temporal: Pick<Temporal, 'startLifecycle'>; log: Logger }) {
  const gatherings = new Map<WorkflowKind, Gathering>();
  /** Runs that are put together, and not started yet. */
  const runs: { kind: WorkflowKind; events: Startable[]; workflowId: string }[] = [];
  const starting = new Set<Promise<void>>();
  let waiting = 0;

  function gather(kind: WorkflowKind, gathering: Gathering): void {
    const { events } = gathering;
    // Events of one group share a run where they can: then fewer runs meet at each group.
    if (events.length > LIMITS.eventsPerRun) events.sort((a, b) => (groupOf(a) < groupOf(b) ? -1 : 1));
    while (events.length >= LIMITS.eventsPerRun) putTogether(kind, gathering);
    if (events.length === 0 || gathering.timer !== undefined) return;
    // Nobody waits longer, however many come after: full runs take what is of one group, not what came first.
    const oldest = Math.min(...events.map((event) => event.at));
    const now = performance.now();
    const due = oldest + LIMITS.gatherStartsMs - now;
    if (due <= 0 || now - gathering.lastAt >= LIMITS.gatherStartsMs) return putTogether(kind, gathering);
    gathering.timer = setTimeout(() => {
      gathering.timer = undefined;
      gather(kind, gathering);
    }, due);
  }

  function putTogether(kind: WorkflowKind, gathering: Gathering): void {
    const events = gathering.events.splice(0, LIMITS.eventsPerRun);
    gathering.lastAt = performance.now();
    const workflowId = lifecycleWorkflowId(
      kind,
      events.map((event) => event.ref),
    );
    runs.push({ kind, events, workflowId });
    for (const event of events) event.named(workflowId);
    pump();
  }

  function pump(): void {
    while (starting.size < CONCURRENT_STARTS) {
      const run = runs.shift();
      if (run === undefined) return;
      const done = start(run).finally(() => {
        waiting -= run.events.length;
        starting.delete(done);
        pump();
      });
      starting.add(done);
    }
  }

  async function start({ kind, events, workflowId }: (typeof runs)[number]): Promise<void> {
    const refs = events.map((event) => event.ref);
    const sleds = new Set(events.map((event) => event.sledId));
    const sledId = sleds.size === 1 ? events[0]?.sledId : undefined;
    const groups = events.flatMap((event) => event.groups);
    try {
      const started = temporal.startLifecycle(kind, refs, {
        workflowId,
        groups,
        ...(sledId !== undefined && { sledId }),
      });
      await within(GIVE_UP_MS, started);
    } catch (error) {
      log.warn(
        { kind, events: refs.length, workflowId, error: String(error) },
        'a workflow was not started; reconciliation will start it',
      );
    }
  }

  /** Resolves, within `gatherStartsMs`, with the id of the run that takes the event. */
  function dispatch(event: Startable): Promise<string> {
    if (waiting >= MOST_WAITING) return Promise.resolve(lifecycleWorkflowId(event.kind, [event.ref]));
    waiting += 1;
    const gathering = gatherings.get(event.kind) ?? { events: [], timer: undefined, lastAt: -Infinity };
    gatherings.set(event.kind, gathering);
    return new Promise((resolve) => {
      gathering.events.push({ ...event, named: resolve, at: performance.now() });
      // In the next turn, so that the events of one batch are together.
      if (gathering.events.length === 1) setImmediate(() => gather(event.kind, gathering));
      else if (gathering.events.length === LIMITS.eventsPerRun) gather(event.kind, gathering);
    });
  }

  return {
    dispatch,
    /** Waits for the starts under way, within a bound. */
    async close(): Promise<void> {
      for (const [kind, gathering] of gatherings) {
        clearTimeout(gathering.timer);
        while (gathering.events.length > 0) putTogether(kind, gathering);
      }
      const ended = (async () => {
        while (starting.size > 0) await Promise.all(starting);
      })();
      await within(CLOSE_WITHIN_MS, ended).catch(() => undefined);
    },
  };
}

function groupOf({ groups }: Startable): string {
  return groups[0]?.id ?? '';
}
