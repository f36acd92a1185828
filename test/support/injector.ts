/**
 * Faults between a workflow and its activities: a call repeated, an error before its effect, or after it (the effect is there, its
 * result is lost), its workflow cancelled during it, or the call held where a test wants it, while something else happens. Made
 * from the activities as they are, so that a new one is wrapped as well; every fault counts how often it hit.
 */
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities';

export type ActivityName = keyof Activities;

export interface Fault {
  activity: ActivityName;
  how: 'twice' | 'before' | 'after' | 'cancelled' | 'held';
  /** Tells Temporal not to try again. */
  terminal?: boolean;
  /** Only calls whose input or workflow id names one of these; absent = all calls. */
  about?: string[];
  only?: (input: unknown) => boolean;
  /** How often at most; default once. */
  times?: number;
}

export type InjectedFault = Fault & { injected: number };

/** A call that waits: before its effect, or after it. */
export interface Held {
  /** Once the call is there. */
  reached: Promise<void>;
  release: () => void;
  /** Once the call has ended, however. */
  ended: Promise<void>;
  /** How many were held: none, or one. */
  readonly injected: number;
}

type Run = (input: unknown) => Promise<unknown>;

export class Injector {
  readonly #faults: InjectedFault[] = [];
  readonly #holds = new Map<InjectedFault, (run: () => Promise<unknown>) => Promise<unknown>>();
  /** Every call, with its workflow's id and its input. */
  readonly #calls: { activity: ActivityName; text: string }[] = [];

  add(fault: Fault): InjectedFault {
    const added = { ...fault, injected: 0 };
    this.#faults.push(added);
    return added;
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Calls so far count no more. */
  forget(): void {
    this.#calls.length = 0;
  }

  /** Ends workflows by cancellation; needed for `cancelled`. */
  cancel: (workflowId: string) => Promise<unknown> = () => Promise.reject(new Error('nothing to cancel with'));

  /** Holds the next such call until it is released. */
  hold(call: Pick<Fault, 'activity' | 'about' | 'only'>, at: 'before' | 'after' = 'before'): Held {
    const arrival = signal();
    const [released, ended] = [signal(), signal()];
    const pause = async () => {
      arrival.give();
      await released.given;
    };
    const fault = this.add({ ...call, how: 'held' });
    this.#holds.set(fault, async (run) => {
      try {
        if (at === 'before') await pause();
        const result = await run();
        if (at === 'after') await pause();
        return result;
      } finally {
        ended.give();
      }
    });
    return {
      reached: arrival.given,
      release: released.give,
      ended: ended.given,
      get injected() {
        return fault.injected;
      },
    };
  }

  /** Activities that were called about the id; all that were called at all without one. */
  called(about = ''): Set<ActivityName> {
    return new Set(this.#calls.filter((call) => call.text.includes(about)).map((call) => call.activity));
  }

  readonly wrap = (activities: Activities): Activities => {
    const wrapped = Object.entries(activities).map(([name, run]) => [
      name,
      (input: unknown) => this.#call(name as ActivityName, run as Run, input),
    ]);
    return Object.fromEntries(wrapped) as Activities;
  };

  async #call(activity: ActivityName, run: Run, input: unknown): Promise<unknown> {
    const { workflowId = '' } = activityInfo().workflowExecution ?? {};
    const text = `${workflowId} ${JSON.stringify(input) ?? ''}`;
    this.#calls.push({ activity, text });
    const fault = this.#faults.find(
      (each) =>
        each.activity === activity &&
        each.injected < (each.times ?? 1) &&
        (each.about?.some((id) => text.includes(id)) ?? true) &&
        (each.only?.(input) ?? true),
    );
    if (fault === undefined) return run(input);
    fault.injected += 1;
    const hold = this.#holds.get(fault);
    if (hold !== undefined) return hold(() => run(input));
    if (fault.how === 'cancelled') {
      await this.cancel(workflowId);
      return run(input);
    }
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

function signal(): { given: Promise<void>; give: () => void } {
  let give!: () => void;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
