/**
 * One run of a workflow, as Temporal runs it: the real workflow function, a history of what it was told, and a life in some worker's
 * memory that may end at any time and is made again from the history.
 *
 * A workflow task takes everything that has come, runs to the next wait, and is over when no local activity is pending: only then is
 * it recorded and its commands are sent. What comes meanwhile waits; if the function has returned by then, the task is done again.
 */
import { drained } from './clock';
import { Life, settle, unblock, type Host, type Incoming, type Options, type Task } from './life';
import { stage } from './stage';

/** Tasks after which a run is told to continue as new; far less than in earnest, so that it happens. */
const LONG = 60;

export class WorkflowRun {
  closed = false;
  readonly #history: Task[] = [];
  #inbox: Incoming[] = [];
  #open: Task | null = null;
  #scheduled = false;
  #sent = 0;
  #life: Life | null = null;

  constructor(
    readonly id: string,
    readonly type: string,
    readonly runId: string,
    readonly input: unknown,
    private readonly host: Host,
  ) {}

  deliver(...events: Incoming[]): void {
    if (this.closed) return;
    this.#inbox.push(...events);
    this.#wake();
  }

  /** Signals that no task has taken: the next run gets them. */
  get untaken(): Incoming[] {
    return this.#inbox.filter((event) => event.kind === 'signal');
  }

  /** The worker is gone: what was not recorded has not been. */
  crash(): void {
    if (this.#life !== null) this.#life.owner.alive = false;
    this.#life = null;
    if (this.#open !== null) this.#inbox = [...this.#open.events, ...this.#inbox];
    this.#open = null;
    if (this.#inbox.length > 0) this.#wake();
  }

  #wake(): void {
    if (this.#scheduled || this.#open !== null || this.closed) return;
    this.#scheduled = true;
    const { clock } = stage();
    clock.after(clock.latency(), async () => {
      this.#scheduled = false;
      if (this.#open !== null || this.closed || this.#inbox.length === 0) return;
      const events = this.#inbox.splice(0);
      const life = this.#life ?? (await this.#replay());
      this.#open = { events, locals: [] };
      this.#apply(life, events);
      await this.#spin(life);
      this.#progress(life);
    });
  }

  async #replay(): Promise<Life> {
    const life = new Life();
    this.#life = life;
    life.replaying = true;
    for (const task of this.#history) {
      this.#apply(life, task.events);
      await this.#spin(life);
      for (const { seq, value } of task.locals) {
        settle(life, seq, (waiting) => waiting.resolve(value), `local activity ${seq} of ${this.id}`);
        life.locals -= 1;
        await this.#spin(life);
      }
      if (life.locals !== 0) stage().faults.push(`${this.id}: a replay waits for what was not recorded`);
    }
    if (this.#sent > 0 && life.seq < this.#sent) stage().faults.push(`${this.id}: a replay asks for less than before`);
    life.commands = [];
    life.replaying = false;
    return life;
  }

  /** Signals before everything else, as Temporal does. */
  #apply(life: Life, events: Incoming[]): void {
    life.tasks += 1;
    stage().run = this;
    const rank = (event: Incoming) => (event.kind === 'signal' ? 0 : 1);
    for (const event of events.toSorted((a, b) => rank(a) - rank(b))) this.#tell(life, event);
  }

  #tell(life: Life, event: Incoming): void {
    if (event.kind === 'start') {
      this.host
        .function(this.type)(this.input)
        .then(
          (value) => (life.ended = { value }),
          (error: unknown) => (life.ended = { error }),
        );
    } else if (event.kind === 'signal') {
      const handler = life.handlers.get(event.name);
      if (handler === undefined) life.early.push(event);
      else handler(...event.args);
    } else {
      const waiting = life.waiting.get(event.seq);
      life.waiting.delete(event.seq);
      if (event.kind === 'failed') waiting?.reject(event.error);
      else waiting?.resolve(event.kind === 'done' ? event.value : undefined);
    }
  }

  /** Until nothing moves any more. */
  async #spin(life: Life): Promise<void> {
    do {
      stage().run = this;
      await drained();
    } while (unblock(life));
    stage().run = null;
  }

  #progress(life: Life): void {
    if (life.locals > 0 || this.#open === null) return;
    if (life.ended !== null && this.#inbox.length > 0) return this.crash();
    this.#history.push(this.#open);
    this.#open = null;
    for (const command of life.commands.splice(0)) {
      if (command.seq <= this.#sent) continue;
      this.host.send(this, command);
    }
    this.#sent = life.seq;
    if (life.ended !== null) {
      this.closed = true;
      this.host.closed(this, life.ended);
    } else if (this.#inbox.length > 0) this.#wake();
  }

  /** The result of a local activity, for the life that asked for it. */
  async localDone(life: Life, seq: number, value: unknown): Promise<void> {
    if (life !== this.#life || this.#open === null) return;
    this.#open.locals.push({ seq, value });
    life.locals -= 1;
    settle(life, seq, (waiting) => waiting.resolve(value), '');
    await this.#spin(life);
    this.#progress(life);
  }

  // What the workflow's code calls.

  #living(): Life {
    if (this.#life === null) throw new Error(`${this.id} has no life`);
    return this.#life;
  }

  call(name: string, input: unknown, local: boolean, options: Options): Promise<unknown> {
    const life = this.#living();
    const seq = ++life.seq;
    if (local) {
      life.locals += 1;
      if (!life.replaying) this.host.local(this, life, { seq, name, input, options });
    } else life.commands.push({ kind: 'activity', seq, name, input, options });
    return new Promise((resolve, reject) => {
      life.waiting.set(seq, { resolve, reject });
    });
  }

  sleep(ms: number): Promise<unknown> {
    const life = this.#living();
    const seq = ++life.seq;
    life.commands.push({ kind: 'timer', seq, ms });
    return new Promise((resolve, reject) => {
      life.waiting.set(seq, { resolve, reject });
    });
  }

  /** True once it holds; false when the time is over. */
  condition(holds: () => boolean, ms: number | null): Promise<boolean> {
    const life = this.#living();
    return new Promise((resolve, reject) => {
      const entry = { holds, resolve: () => resolve(true) };
      life.conditions.add(entry);
      if (ms === null) return;
      const seq = ++life.seq;
      life.commands.push({ kind: 'timer', seq, ms });
      const late = () => {
        if (life.conditions.delete(entry)) resolve(false);
      };
      life.waiting.set(seq, { resolve: late, reject });
    });
  }

  handle(name: string, handler: (...args: unknown[]) => void): void {
    const life = this.#living();
    life.handlers.set(name, handler);
    const early = life.early.filter((signal) => signal.name === name);
    life.early = life.early.filter((signal) => signal.name !== name);
    for (const signal of early) handler(...signal.args);
  }

  info() {
    const long = this.#living().tasks > LONG;
    return { workflowId: this.id, runId: this.runId, historyLength: 0, continueAsNewSuggested: long };
  }
}
