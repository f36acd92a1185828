/**
 * What all lifecycle workflows share: claim the events, run the saga's steps over them, see to it that each has its outcome.
 *
 * An event whose steps are over but for a round ends with that round, in its transaction; the run is told when its last one has.
 * What a saga decides itself (a failure before the rounds, a migration, a registration) it writes down at its end. An event whose round is
 * still to come when the wait is given up stays `running`, and reconciliation finishes it.
 */
import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { EventEnd, LifecycleInput } from '../domain/events';
import { registering, rows, undoOnSled } from './proxies';
import { reasonOf, runSaga, showDone, type Failure, type Step } from './saga';
import { Waits } from './waits';

type Claim = NonNullable<Awaited<ReturnType<Activities['claimEvents']>>>;
export type Claimed = Claim['events'][number];

export interface LifecycleResult {
  /** Empty when others had the events, or multicast is switched off. */
  results: EventEnd[];
  /** Events whose rounds are still to come. */
  waiting: string[];
  disabled: boolean;
}

/** What a run knows of its events while its steps go on. */
export interface Run {
  waits: Waits;
  /** Changes of rows that came with the claim. */
  applied: { eventIds: ReadonlySet<string>; failures: Failure[] };
}

/** Runs a saga over the events that are this run's. `title` is what people read in the UI. */
export async function lifecycle(
  title: string,
  input: LifecycleInput,
  stepsOf: (run: Run) => Step<Claimed>[],
): Promise<LifecycleResult> {
  const waits = new Waits(input.groups ?? []);
  const { workflowId, runId } = workflowInfo();
  const claim = recorded(await rows.claimEvents({ workflowId, runId, events: input.events }));
  if (claim === null) return { results: [], waiting: [], disabled: true };
  const { events, failures } = claim;
  if (events.length === 0) return { results: claim.ended, waiting: [], disabled: false };
  waits.end(claim.ended);
  waits.expect(claim.waits);
  const steps = stepsOf({ waits, applied: { eventIds: claim.applied, failures } });
  // What failed has to be undone.
  if (failures.length === 0 && events.every(({ eventId }) => isFine(waits.ended.get(eventId)))) {
    showDone(title, steps);
    return { results: [...waits.ended.values()], waiting: [], disabled: false };
  }
  const settled = await runSaga(title, steps, events);
  const own = settled.filter(({ eventId, outcome }) => {
    return !waits.ended.has(eventId) && (outcome === 'failed' || !waits.undecided.has(eventId));
  });
  if (own.length > 0 || waits.ended.size === 0)
    await CancellationScope.nonCancellable(() => rows.finishEvents({ workflowId, results: own }));
  const results = [...waits.ended.values(), ...own];
  const decided = new Set(results.map((result) => result.eventId));
  return { results, waiting: [...waits.undecided].filter((eventId) => !decided.has(eventId)), disabled: false };
}

function isFine(end: EventEnd | undefined): boolean {
  return end !== undefined && end.outcome !== 'failed';
}

/** The claim with what it has applied. Earlier builds claimed and applied in two steps: their histories hold the events alone. */
function recorded(claim: Claim | Claimed[] | null): (Claim & { applied: ReadonlySet<string> }) | null {
  if (claim === null) return null;
  if (Array.isArray(claim)) return { events: claim, applied: new Set(), waits: [], failures: [], ended: [] };
  const applied = claim.events.filter((event) => !event.registers).map((event) => event.eventId);
  return { ...claim, applied: new Set(applied) };
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

/** Changes the rows of all accepted events up to these, in order of generation, and asks the groups to converge; most came with the claim. */
export function applyStep({ waits, applied }: Run, undo?: (eventIds: string[]) => Promise<void>): Step<Claimed> {
  return {
    name: 'apply',
    async run(events) {
      const rest = events.filter((event) => !applied.eventIds.has(event.eventId));
      if (rest.length === 0) return applied.failures;
      const now = await rows.applyEvents({ events: rest, failed: {} });
      waits.expect(now.waits);
      return [...applied.failures, ...now.failures];
    },
    ...(undo === undefined ? {} : { undo: (events) => undo(events.map((event) => event.eventId)) }),
  };
}

/** Waits until every touched group has served the change. */
export function convergeStep({ waits }: Run): Step<Claimed> {
  return { name: 'converge', run: (events) => waits.settle(events) };
}
