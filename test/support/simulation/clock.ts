/**
 * Virtual time. Everything that can happen is a task with a time; the seed decides how long each takes, and so in which order what is
 * ready goes on. Between two tasks all that the first has set off runs to its next wait: one task is one atomic step.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { nextTick } from 'node:process';
import { Random } from './random';

/** Who waits: an attempt of an activity, one life of a workflow, or somebody outside. What died never goes on. */
export interface Owner {
  alive: boolean;
  /** What an activity asks of its context. */
  attempt?: number;
  workflowId?: string;
  isLocal?: boolean;
  /** Its time is over, and its worker knows. */
  isCancelled?: boolean;
}

export interface Task {
  at: number;
  order: number;
  run: (() => void | Promise<void>) | null;
}

const OUTSIDE: Owner = { alive: true };
/** Whose code runs: also where it goes on because of somebody else. */
const owners = new AsyncLocalStorage<Owner>();

export class Clock {
  now = 0;
  /** Tasks run so far. */
  steps = 0;
  readonly random: Random;
  readonly #heap: Task[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  get current(): Owner {
    return owners.getStore() ?? OUTSIDE;
  }

  as<Result>(owner: Owner, work: () => Result): Result {
    return owners.run(owner, work);
  }

  after(ms: number, run: () => void | Promise<void>): Task {
    const task = { at: this.now + ms, order: this.#order++, run };
    this.#push(task);
    return task;
  }

  /** Mostly short, now and then long: what is ready overtakes what was ready before. */
  latency(): number {
    const { random } = this;
    const luck = random.next();
    return luck < 0.7 ? random.next() * 4 : luck < 0.985 ? random.next() * 60 : random.next() * 3_000;
  }

  /** A wait of the current owner for something outside of it; over when its turn comes, never if the owner has died. */
  point(ms = this.latency()): Promise<void> {
    const owner = this.current;
    return new Promise((resolve) => {
      this.after(ms, () => {
        if (owner.alive) resolve();
      });
    });
  }

  /** Runs tasks until there are none, or it is time to stop. */
  async run(until: () => boolean): Promise<void> {
    while (!until()) {
      const task = this.#pop();
      if (task === undefined) return;
      if (task.run === null) continue;
      this.now = Math.max(this.now, task.at);
      this.steps += 1;
      const going = task.run();
      if (going === undefined) await drained();
      else await going;
    }
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(task, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): Task | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || last === top) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = heap[child];
      if (least === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, least)) {
        child += 1;
        least = right;
      }
      if (!before(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Until all microtasks have run: the next tick comes after them, without a turn of the event loop. */
export function drained(): Promise<void> {
  return new Promise((resolve) => {
    nextTick(resolve);
  });
}
