/**
 * Faults between a workflow and its activities: a call repeated, an error before its effect, or after it (the effect is there, its
 * result is lost). Made from the activities as they are, so that a new one is wrapped as well; every fault counts how often it hit.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities';

export type ActivityName = keyof Activities;

export interface Fault {
  activity: ActivityName;
  how: 'twice' | 'before' | 'after';
  /** Tells Temporal not to try again. */
  terminal?: boolean;
  /** Only calls whose input names one of these; absent = all calls. */
  about?: string[];
  only?: (input: unknown) => boolean;
  /** How often at most; default once. */
  times?: number;
}

export type InjectedFault = Fault & { injected: number };

type Run = (input: unknown) => Promise<unknown>;

export class Injector {
  readonly #faults: InjectedFault[] = [];
  /** Calls per activity, and those that name an id. */
  readonly #calls: { activity: ActivityName; input: string }[] = [];

  add(fault: Fault): InjectedFault {
    const added = { ...fault, injected: 0 };
    this.#faults.push(added);
    return added;
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Activities that were called with an input that names the id; all that were called at all without one. */
  called(about = ''): Set<ActivityName> {
    return new Set(this.#calls.filter((call) => call.input.includes(about)).map((call) => call.activity));
  }

  readonly wrap = (activities: Activities): Activities => {
    const wrapped = Object.entries(activities).map(([name, run]) => [
      name,
      (input: unknown) => this.#call(name as ActivityName, run as Run, input),
    ]);
    return Object.fromEntries(wrapped) as Activities;
  };

  async #call(activity: ActivityName, run: Run, input: unknown): Promise<unknown> {
    const text = JSON.stringify(input) ?? '';
    this.#calls.push({ activity, input: text });
    const fault = this.#faults.find(
      (each) =>
        each.activity === activity &&
        each.injected < (each.times ?? 1) &&
        (each.about?.some((id) => text.includes(id)) ?? true) &&
        (each.only?.(input) ?? true),
    );
    if (fault === undefined) return run(input);
    fault.injected += 1;
    if (fault.how === 'before') throw failure(fault);
    const result = await run(input);
    if (fault.how === 'after') throw failure(fault);
    return run(input).then((again) => again ?? result);
  }
}

function failure({ activity, how, terminal }: Fault): Error {
  const message = `injected ${how} ${activity}`;
  return terminal === true ? ApplicationFailure.nonRetryable(message, 'ServerError') : new Error(message);
}
