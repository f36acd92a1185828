/**
 * What all lifecycle workflows share: claim the events, run the saga's steps over them, write each event's outcome.
 *
 * The wait is for rounds of groups: a signal brings what a round decided; at the bound the rows are read once. Time alone
 * never fails an event: one whose round is still to come stays `running`, and reconciliation finishes it.
 */
import {
  CancellationScope,
  condition,
  defineSignal,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities } from '../activities';
import { LIMITS } from '../domain/limits';
import { fitsSearchAttribute } from '../domain/search-attributes';
import { OUTCOMES_SIGNAL } from '../domain/workflow-ids';
import type { LifecycleInput } from '../domain/events';
import { registering, rows, undoOnSled } from './proxies';
import { reasonOf, runSaga, type Failure, type Settled, type Step } from './saga';

export type Claimed = NonNullable<Awaited<ReturnType<Activities['claimEvents']>>>[number];
type Wait = Awaited<ReturnType<Activities['readOutcomes']>>[number];
type Told = Pick<Wait, 'eventId' | 'groupId' | 'request' | 'outcome' | 'reason'>;

export interface LifecycleResult {
  /** Empty when others had the events, or multicast is switched off. */
  results: Settled[];
  /** Events whose rounds are still to come. */
  waiting: string[];
  disabled: boolean;
}

/** The steps' shared view of what the events wait for. */
export class Waits {
  readonly #told = new Map<string, Told>();
  #open: Wait[] = [];
  /** Events that were given up waiting for; they are neither done nor failed. */
  readonly undecided = new Set<string>();

  constructor() {
    setHandler(defineSignal<[Told[]]>(OUTCOMES_SIGNAL), (told) => {
      for (const outcome of told) this.#told.set(key(outcome), outcome);
    });
  }

  expect(waits: Wait[]): void {
    this.#open = waits;
    for (const wait of waits) if (wait.outcome !== null) this.#told.set(key(wait), wait);
    const groups = new Map(waits.filter((wait) => wait.ip !== '').map((wait) => [wait.groupId, wait.ip]));
    if (groups.size === 0) return;
    upsertSearchAttributes([
      {
        key: defineSearchAttributeKey('MulticastGroupId', 'KEYWORD_LIST'),
        value: fitsSearchAttribute([...groups.keys()]),
      },
      {
        key: defineSearchAttributeKey('MulticastIp', 'KEYWORD_LIST'),
        value: fitsSearchAttribute([...groups.values()]),
      },
    ]);
  }

  /** Waits until every open wait has its outcome, or the bound. Returns the failures. */
  async settle(events: Claimed[]): Promise<Failure[]> {
    const mine = new Set(events.map((event) => event.eventId));
    const open = this.#open.filter((wait) => mine.has(wait.eventId));
    const decided = () => open.every((wait) => this.#told.has(key(wait)));
    if (!decided() && !(await condition(decided, LIMITS.waitMs)))
      this.expect(await rows.readOutcomes({ eventIds: [...mine] }));
    const failures = new Map<string, string>();
    for (const wait of open) {
      const told = this.#told.get(key(wait));
      if (told === undefined) this.undecided.add(wait.eventId);
      else if (told.outcome !== 'served') failures.set(wait.eventId, `${wait.ip}: ${told.reason ?? told.outcome}`);
    }
    return [...failures].map(([eventId, reason]) => ({ eventId, reason }));
  }
}

function key(wait: Pick<Wait, 'eventId' | 'groupId' | 'request'>): string {
  return `${wait.eventId} ${wait.groupId} ${wait.request}`;
}

/** Runs a saga over the events that are this run's. `title` is what people read in the UI. */
export async function lifecycle(
  title: string,
  input: LifecycleInput,
  stepsWith: (waits: Waits) => Step<Claimed>[],
): Promise<LifecycleResult> {
  const waits = new Waits();
  const { workflowId, runId } = workflowInfo();
  const events = await rows.claimEvents({ workflowId, runId, eventIds: input.events.map((event) => event.eventId) });
  if (events === null) return { results: [], waiting: [], disabled: true };
  if (events.length === 0) return { results: [], waiting: [], disabled: false };
  const settled = await runSaga(title, stepsWith(waits), events);
  const results = settled.filter((result) => result.outcome === 'failed' || !waits.undecided.has(result.eventId));
  await CancellationScope.nonCancellable(() => rows.finishEvents({ workflowId, results }));
  const waiting = [...waits.undecided].filter((eventId) => !results.some((result) => result.eventId === eventId));
  return { results, waiting, disabled: false };
}

/** Registers the VMM on its sled, for the events that carry a body. Undone only if it failed itself: later failures leave a VM alone. */
export function registerStep(): Step<Claimed> {
  const failed = new Map<string, string>();
  return {
    name: 'register',
    async run(events) {
      const withBody = events.filter((event) => event.registers);
      const tried = await Promise.all(
        withBody.map(async ({ eventId, instanceId }): Promise<Failure | null> => {
          try {
            await registering(`register VMM of ${instanceId}`).registerVmm({ eventId });
            return null;
          } catch (error) {
            const reason = `registration: ${reasonOf(error)}`;
            failed.set(eventId, reason);
            return { eventId, reason };
          }
        }),
      );
      return tried.filter((failure) => failure !== null);
    },
    async undo(events) {
      const own = events.filter((event) => failed.has(event.eventId));
      if (own.length === 0) return;
      const asked = await Promise.allSettled(
        own.map(({ eventId, instanceId }) => undoOnSled(`unregister VMM of ${instanceId}`).unregisterVmm({ eventId })),
      );
      // Its place in the order of events is taken all the same, by a change of nothing, even if the sled never answers.
      await rows.applyEvents({ events: own, failed: Object.fromEntries(failed) });
      await rows.withdrawPlace({ eventIds: own.map((event) => event.eventId) });
      const silent = asked.find((answer) => answer.status === 'rejected');
      if (silent !== undefined) throw silent.reason;
    },
  };
}

/** Changes the rows of all accepted events up to these, in order of generation, and asks the groups to converge. */
export function applyStep(waits: Waits, undo?: (eventIds: string[]) => Promise<void>): Step<Claimed> {
  return {
    name: 'apply',
    async run(events) {
      const applied = await rows.applyEvents({ events, failed: {} });
      waits.expect(applied.waits);
      return applied.failures;
    },
    ...(undo === undefined ? {} : { undo: (events) => undo(events.map((event) => event.eventId)) }),
  };
}

/** Waits until every touched group has served the change. */
export function convergeStep(waits: Waits): Step<Claimed> {
  return { name: 'converge', run: (events) => waits.settle(events) };
}
