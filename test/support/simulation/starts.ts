/** States `api/dispatch.ts` again: a lone event starts its run at once, events of a kind that come soon after others share the next. */
import type { EventRef, WorkflowKind } from '../../../domain/events';
import { LIMITS } from '../../../domain/limits';
import type { Engine } from './engine';
import { hit, stage } from './stage';

/** Of one process of the API. */
export class Starts {
  readonly #gathering = new Map<WorkflowKind, EventRef[]>();
  readonly #last = new Map<WorkflowKind, number>();

  constructor(private readonly engine: Engine) {}

  add(kind: WorkflowKind, event: EventRef): void {
    const gathering = this.#gathering.get(kind);
    if (gathering !== undefined) {
      hit('start shared');
      gathering.push(event);
      return;
    }
    const { clock } = stage();
    const events = [event];
    this.#gathering.set(kind, events);
    const due = (this.#last.get(kind) ?? -Infinity) + LIMITS.gatherStartsMs;
    clock.after(Math.max(0, due - clock.now), () => {
      this.#gathering.delete(kind);
      this.#last.set(kind, clock.now);
      // What is not started, reconciliation starts.
      this.engine.client.startLifecycle(kind, events).catch(() => {});
    });
  }
}
