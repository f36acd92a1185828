/**
 * How much of one kind a worker does at once; the rest waits in line. More at once would only make each slower, and what waits shares
 * more with what comes after it.
 *
 * Invariant: whoever takes long (a switch or a sled does not answer) keeps nobody from a turn: after `holdMs` it no longer counts.
 */
import { cancellationSignal, sleep } from '@temporalio/activity';

export class Turns {
  #running = 0;
  readonly #line: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly holdMs: number,
  ) {}

  get areAwaited(): boolean {
    return this.#line.length > 0;
  }

  /** Does the work when its turn comes, unless the activity has been given up by then. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.atOnce) this.#running += 1;
    else await new Promise<void>((turn) => this.#line.push(turn));
    const end = this.#held();
    try {
      cancellationSignal().throwIfAborted();
      return await work();
    } finally {
      end();
    }
  }

  /** The turn goes to the next in line at the end of the work or of its time, whichever is first. */
  #held(): () => void {
    let over = false;
    const pass = (): void => {
      if (over) return;
      over = true;
      const next = this.#line.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    };
    sleep(this.holdMs).then(pass, pass);
    return pass;
  }
}
