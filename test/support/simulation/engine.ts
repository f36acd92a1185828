/**
 * What Temporal promises, in virtual time: workflows by id, signals that are not lost, activities at least once with their policies,
 * and workers that may die with everything they have in memory.
 */
import { ActivityFailure, ApplicationFailure, TimeoutFailure, type RetryState } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import type { Clock, Owner } from './clock';
import { clientOf, type EngineClient } from './engine-client';
import { hit, stage } from './stage';
import {
  ContinueAsNew,
  WORKERS,
  type Command,
  type Ended,
  type Host,
  type Life,
  type LocalCall,
  type Options,
} from './life';
import { checkTold } from './truth';
import { WorkflowRun } from './workflow-run';

type Run = (input: unknown) => Promise<unknown>;
type ActivityCommand = Extract<Command, { kind: 'activity' }>;

interface Attempt {
  owner: Owner;
  worker: number;
  /** Its worker cannot report any more: the server waits for the timeout. */
  lost: boolean;
}

/** What a schedule, or the next check, begins again. */
const MAY_FAIL = new Set(['switchHealth', 'switchResync', 'reconcile']);

export class Engine implements Host {
  readonly runs = new Map<string, WorkflowRun>();
  /** Until when the server answers nobody. */
  downUntil = 0;
  /** Results of activities that are to be lost on their way. */
  lostResults = 0;
  readonly #attempts = new Set<Attempt>();
  #started = 0;
  /** Activities by worker, with what each has in memory. */
  #workers: Record<string, Run>[] = [];
  readonly client: EngineClient;

  constructor(
    private readonly clock: Clock,
    private readonly workflows: Record<string, Run>,
    private readonly createActivities: (client: EngineClient) => Record<string, Run>,
  ) {
    this.client = clientOf(this, clock);
    this.#begin();
  }

  #begin(): void {
    this.#workers = Array.from({ length: WORKERS }, () => this.createActivities(this.client));
  }

  start(id: string, type: string, input: unknown, ...signals: string[]): WorkflowRun {
    const running = this.runs.get(id);
    const told = signals.map((name) => ({ kind: 'signal' as const, name, args: [] }));
    if (running !== undefined && !running.closed) {
      running.deliver(...told);
      return running;
    }
    this.#started += 1;
    const run = new WorkflowRun(id, type, `run-${this.#started}`, input, this);
    this.runs.set(id, run);
    run.deliver({ kind: 'start' }, ...told);
    return run;
  }

  isRunning(id: string): boolean {
    const run = this.runs.get(id);
    return run !== undefined && !run.closed;
  }

  /** Attempts go on whose time is over. */
  get isHaunted(): boolean {
    return [...this.#attempts].some(({ owner }) => owner.alive && owner.isCancelled === true);
  }

  running(): string[] {
    return [...this.runs.values()].filter((run) => !run.closed).map((run) => run.id);
  }

  /** Every worker is given up, and others come. `zombies`: what some of them were doing goes on, and nobody hears of it. */
  crash(zombies: boolean): void {
    hit(zombies ? 'crash with zombies' : 'crash');
    const goOn = this.#workers.map(() => zombies && this.clock.random.chance(0.5));
    for (const attempt of this.#attempts) {
      attempt.lost = true;
      if (goOn[attempt.worker] !== true) attempt.owner.alive = false;
    }
    this.#begin();
    for (const run of this.runs.values()) if (!run.closed) run.crash();
  }

  // What runs ask for.

  function(type: string): Run {
    const found = this.workflows[type];
    if (found === undefined) throw new Error(`no workflow ${type}`);
    return found;
  }

  closed(run: WorkflowRun, ended: Ended): void {
    if ('value' in ended) return checkTold(stage().tables, run, ended.value);
    if (ended.error instanceof ContinueAsNew) {
      hit('continued as new');
      this.#started += 1;
      const next = new WorkflowRun(run.id, run.type, `run-${this.#started}`, ended.error.input, this);
      this.runs.set(run.id, next);
      next.deliver({ kind: 'start' }, ...run.untaken);
    } else if (MAY_FAIL.has(run.type)) hit(`${run.type} failed`);
    else stage().faults.push(`${run.id} failed: ${String(ended.error)}`);
  }

  send(run: WorkflowRun, command: Command): void {
    if (command.kind === 'timer') {
      const late = this.clock.random.next() * 20;
      this.clock.after(command.ms + late, () => run.deliver({ kind: 'timer', seq: command.seq }));
    } else this.#schedule(run, command, 1, this.clock.now, this.clock.latency());
  }

  local(run: WorkflowRun, life: Life, call: LocalCall): void {
    const { name, input, options, seq } = call;
    const attempt = (count: number, pause: number) => {
      const owner: Owner = { alive: true, attempt: count, workflowId: run.id, isLocal: true };
      const entry: Attempt = { owner, worker: life.worker, lost: false };
      this.#attempts.add(entry);
      const again = () => {
        if (!entry.lost && life.owner.alive) attempt(count + 1, backoff(options, count));
      };
      this.clock.after(pause, () => {
        if (entry.lost || !life.owner.alive || run.closed) return void this.#attempts.delete(entry);
        const timer = this.clock.after(msToNumber(options.startToCloseTimeout), () => {
          timer.run = null;
          outlived(owner);
          again();
        });
        const over = () => {
          this.#attempts.delete(entry);
          timer.run = null;
          return owner.isCancelled === true;
        };
        this.#execute(name, input, entry).then(
          (value) => this.clock.after(0, () => (over() || entry.lost ? undefined : run.localDone(life, seq, value))),
          () => {
            if (!over()) again();
          },
        );
      });
    };
    attempt(1, this.clock.latency() / 2);
  }

  async #execute(name: string, input: unknown, entry: Attempt): Promise<unknown> {
    try {
      const activity = this.#workers[entry.worker]?.[name];
      if (activity === undefined) throw new TypeError(`no activity ${name}`);
      return await this.clock.as(entry.owner, () => activity(input));
    } catch (error) {
      // No fault that is injected looks like this: the code is wrong.
      if (error instanceof TypeError) stage().faults.push(`${name}: ${error.stack}`);
      throw error;
    }
  }

  #schedule(run: WorkflowRun, command: ActivityCommand, count: number, first: number, pause: number): void {
    const { options, name, input, seq } = command;
    const close = options.scheduleToCloseTimeout;
    const deadline = close === undefined ? Infinity : first + msToNumber(close);
    this.clock.after(pause, () => {
      if (run.closed) return;
      const owner: Owner = { alive: true, attempt: count, workflowId: run.id };
      const entry: Attempt = { owner, worker: this.clock.random.below(WORKERS), lost: false };
      this.#attempts.add(entry);
      let over = false;
      const fail = (error: Error, retryable: boolean) => {
        const wait = backoff(options, count);
        const most = options.retry?.maximumAttempts ?? Infinity;
        if (retryable && count < most && this.clock.now + wait < deadline)
          this.#schedule(run, command, count + 1, first, wait + this.clock.latency());
        else run.deliver({ kind: 'failed', seq, error: failure(name, seq, error) });
      };
      const patience = Math.min(msToNumber(options.startToCloseTimeout), deadline - this.clock.now);
      const timer = this.clock.after(patience, () => {
        if (over) return;
        over = true;
        outlived(entry.owner);
        fail(new TimeoutFailure(`${name} timed out`, undefined, 'START_TO_CLOSE'), true);
      });
      const report = (tell: () => void) => {
        if (this.lostResults > 0 && this.clock.random.chance(0.3)) {
          this.lostResults -= 1;
          hit('result lost');
          this.#attempts.delete(entry);
          return;
        }
        this.clock.after(this.clock.latency(), () => {
          this.#attempts.delete(entry);
          if (over || entry.lost) return;
          over = true;
          timer.run = null;
          tell();
        });
      };
      this.#execute(name, input, entry).then(
        (value) => report(() => run.deliver({ kind: 'done', seq, value })),
        (error: unknown) =>
          report(() => {
            const known = error instanceof ApplicationFailure ? error : ApplicationFailure.fromError(error);
            fail(known, known.nonRetryable !== true);
          }),
      );
    });
  }
}

/** Its time is over. It goes on, though another attempt may come after it, and may arrive wherever it was going. */
function outlived(owner: Owner): void {
  owner.isCancelled = true;
  stage().zombies = true;
}

function backoff({ retry = {} }: Options, failures: number): number {
  const first = msToNumber(retry.initialInterval ?? '1s');
  const most = retry.maximumInterval === undefined ? Infinity : msToNumber(retry.maximumInterval);
  return Math.min(most, first * (retry.backoffCoefficient ?? 2) ** (failures - 1));
}

function failure(name: string, seq: number, cause: Error): ActivityFailure {
  const state: RetryState = 'MAXIMUM_ATTEMPTS_REACHED';
  return new ActivityFailure('Activity task failed', name, String(seq), state, undefined, cause);
}
