/**
 * Runs whose first step is still under way in this process: a round that ends their events hands the news over directly. That spares the
 * signal and the workflow's second task where one worker does both; where another one ran the round, or the wait was given up, the signal comes.
 *
 * Nothing depends on it: what is handed over is in the rows, and a step that is begun again reads it there.
 */
import { sleep } from '@temporalio/activity';
import type { EventEnd } from '../domain/events';
import { LIMITS } from '../domain/limits';

export class AwaitedRuns {
  readonly #runs = new Map<string, (ended: EventEnd[]) => void>();
  #staying = 0;

  /** Whether the run was waiting here. */
  tell(workflowId: string, ended: EventEnd[]): boolean {
    const hear = this.#runs.get(workflowId);
    hear?.(ended);
    return hear !== undefined;
  }

  /**
   * Listens from now on, until `stop` or the end of the wait; `heard` gives what was told by then, or nothing. Where too many stay already
   * it does not wait.
   */
  listen(workflowId: string): { heard(withinMs: number): Promise<EventEnd[]>; stop(): void } {
    let told: EventEnd[] = [];
    let arrive = (): void => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const hear = (ended: EventEnd[]): void => {
      told = ended;
      arrive();
    };
    const stop = (): void => {
      if (this.#runs.get(workflowId) === hear) this.#runs.delete(workflowId);
    };
    this.#runs.set(workflowId, hear);
    return {
      heard: async (withinMs) => {
        if (this.#staying < LIMITS.stayingClaims) {
          this.#staying += 1;
          await Promise.race([arrival, sleep(withinMs)]).finally(() => {
            this.#staying -= 1;
          });
        }
        // In the same turn: what comes after this is for the signal.
        stop();
        return told;
      },
      stop,
    };
  }
}
