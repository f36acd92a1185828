/**
 * A saga over a list of events: steps in order, each with its undo beside it.
 *
 * An event that fails a step is unwound by itself, the others go on. An undo is registered before its step runs, because a step that
 * failed may have taken effect; undos run in reverse order, are not cancellable, and may run twice. Cancellation of the workflow
 * fails the events that are not done, and unwinds them.
 */
import { CancellationScope, isCancellation, log, rootCause, setCurrentDetails } from '@temporalio/workflow';

export interface Failure {
  eventId: string;
  reason: string;
}

export interface Step<Event extends { eventId: string }> {
  name: string;
  /** Does the step for these events; returns those that failed it. Throws if all did. */
  run(events: Event[]): Promise<Failure[]>;
  /** "Ensure it is not so": the step may have run, not run, or half run. */
  undo?(events: Event[]): Promise<void>;
}

export interface Settled {
  eventId: string;
  outcome: 'succeeded' | 'failed';
  reason: string | null;
}

type Mark = 'waiting' | 'running' | 'done' | 'failed' | 'undone';

export async function runSaga<Event extends { eventId: string }>(
  title: string,
  steps: Step<Event>[],
  events: Event[],
): Promise<Settled[]> {
  const progress = new Progress(title, steps);
  const failed = new Map<string, string>();
  let live = events;
  for (const [at, step] of steps.entries()) {
    if (live.length === 0) break;
    progress.mark(at, 'running');
    const failures = await attempt(step, live);
    const lost = new Map(failures.map((failure) => [failure.eventId, failure.reason]));
    for (const [eventId, reason] of lost) failed.set(eventId, reason);
    const fallen = live.filter((event) => lost.has(event.eventId));
    live = live.filter((event) => !lost.has(event.eventId));
    progress.mark(at, live.length > 0 ? 'done' : 'failed');
    // Including the step that failed.
    if (fallen.length > 0) await unwind(steps.slice(0, at + 1), fallen, progress);
  }
  return events.map(({ eventId }) => {
    const reason = failed.get(eventId);
    return reason === undefined
      ? { eventId, outcome: 'succeeded', reason: null }
      : { eventId, outcome: 'failed', reason };
  });
}

/** A saga that was over with its first step shows all of them done. */
export function showDone(title: string, steps: { name: string }[]): void {
  const progress = new Progress(title, steps);
  for (const at of steps.keys()) progress.mark(at, 'done');
}

async function attempt<Event extends { eventId: string }>(step: Step<Event>, events: Event[]): Promise<Failure[]> {
  try {
    return await step.run(events);
  } catch (error) {
    const reason = isCancellation(error) ? `cancelled during ${step.name}` : reasonOf(error);
    return events.map(({ eventId }) => ({ eventId, reason }));
  }
}

async function unwind<Event extends { eventId: string }>(
  steps: Step<Event>[],
  events: Event[],
  progress: Progress,
): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    for (const [at, step] of [...steps.entries()].toReversed()) {
      if (step.undo === undefined) continue;
      try {
        await step.undo(events);
        progress.mark(at, 'undone');
      } catch (error) {
        // Convergence is level-triggered: what could not be undone here, reconciliation finds.
        log.error(`undo of ${step.name} failed`, { reason: reasonOf(error) });
      }
    }
  });
}

/** The innermost cause, as people should read it. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? rootCause(error) : undefined;
  return cause ?? (error instanceof Error ? error.message : String(error));
}

/** The table that Temporal's UI shows while the workflow runs, and after. */
class Progress {
  readonly #marks: Mark[];

  constructor(
    private readonly title: string,
    private readonly steps: readonly { name: string }[],
  ) {
    this.#marks = steps.map(() => 'waiting');
    this.#show();
  }

  mark(at: number, mark: Mark): void {
    this.#marks[at] = mark;
    this.#show();
  }

  #show(): void {
    const lines = this.steps.map(({ name }, at) => `| ${name} | ${this.#marks[at]} |`);
    setCurrentDetails([`**${this.title}**`, '', '| step | |', '|---|---|', ...lines].join('\n'));
  }
}
