/** The same life many times at once, each with one fault of its own at every step; invariants after every step. */
import { faultsOf, settle } from './invariants';
import { Injector, type ActivityName, type Fault } from './injector';
import { idsOf, LIFE, newLife, type Life, type LifeStep } from './lives';
import { startRack, type TestRack } from './rack';
import { Tally } from './tally';
import { AT_A_BOUND, SCHEDULED, UNDONE, WITHIN_FIRST_ATTEMPTS } from './other-steps';

/** Many lives settle together, and some of their events wait to be redelivered. */
const PATIENCE = 120_000;

export interface Matrix {
  mode: Mode;
  rack: TestRack;
  injector: Injector;
  common: string;
  /** Activities that a life calls about itself, as they were seen. */
  steps: ActivityName[];
  tally: Tally;
}

/** How rounds go: every call to a switch or a sled as a step of its own, or all of it as a first attempt. */
export type Mode = 'visible steps' | 'first attempts';
export const MODES: Mode[] = ['visible steps', 'first attempts'];

/** A rack whose activities are wrapped, and the list of activities that one life without faults has called. */
export async function startMatrix(mode: Mode): Promise<Matrix> {
  const injector = new Injector();
  const rack = await startRack({ wrap: injector.wrap, visibleSteps: mode === 'visible steps' });
  injector.cancel = (workflowId) => rack.temporal.client.workflow.getHandle(workflowId).cancel();
  await rack.bringUp();
  const common = await rack.group('common', '232.10.0.1', { sources: ['10.0.0.1'] });
  const life = await newLife(rack, common);
  const called = new Set<ActivityName>();
  for (const step of LIFE) {
    const ref = await step.run(life);
    const outcome = ref === null ? null : await rack.outcome(ref);
    if (outcome !== null && outcome.state !== 'succeeded') throw new Error(`${step.name}: ${outcome.reason}`);
    for (const id of idsOf(life)) for (const name of injector.called(id)) called.add(name);
  }
  const tally = new Tally(LIFE.map((step) => step.name));
  return { mode, rack, injector, common, steps: [...called].toSorted(), tally };
}

/**
 * Activities that are tried neither by a life, nor as an undo, nor by the schedules, nor by hand: there must be none. First attempts
 * leave out what they do themselves.
 */
export function leftOut({ mode, rack, steps }: Matrix): string[] {
  const within = mode === 'first attempts' ? WITHIN_FIRST_ATTEMPTS : [];
  const tried = new Set<string>([...steps, ...within, ...UNDONE, ...SCHEDULED, ...AT_A_BOUND]);
  return Object.keys(rack.activities).filter((name) => !tried.has(name));
}

/** Each fault gets a life. Returns what is wrong after the first step after which something is, or the faults that never hit. */
export async function tryFaults(
  { rack, injector, common, tally }: Matrix,
  faults: Omit<Fault, 'about'>[],
  { steps = LIFE, mayFail = false }: { steps?: LifeStep[]; mayFail?: boolean } = {},
): Promise<string[]> {
  const lives = await Promise.all(faults.map(() => newLife(rack, common)));
  await settle(rack);
  const hits = faults.map(() => 0);
  for (const step of steps) {
    injector.clear();
    const armed = faults.map((fault, at) => injector.add({ ...fault, about: idsOf(lives[at]!) }));
    const refs = await whileReconciling(
      rack,
      lives.map((life) => (mayFail ? step.run(life).catch(() => null) : step.run(life))),
    );
    await settle(rack, PATIENCE);
    const wrong = await faultsOf(rack);
    for (const [at, life] of lives.entries()) {
      const { activity, how, injected } = armed[at]!;
      tally.add(`${how} ${activity}`, step.name, injected);
      hits[at]! += injected;
      if (mayFail) continue;
      wrong.push(...(await unlike(life, step, refs[at]!)).map((what) => `${step.name}, ${how} ${activity}: ${what}`));
    }
    if (wrong.length > 0) return [`after ${step.name}:`, ...wrong];
  }
  injector.clear();
  return faults.filter((_, at) => hits[at] === 0).map(({ how, activity }) => `never hit: ${how} ${activity}`);
}

/** What is not as it would be without a fault. */
async function unlike({ rack, ip }: Life, step: LifeStep, ref: StepRef): Promise<string[]> {
  const event = ref === null ? null : await rack.event(ref);
  const ports = JSON.stringify(rack.both(ip));
  return [
    ...(event !== null && event.state !== 'succeeded' ? [`${event.state}, ${event.reason}`] : []),
    ...(ports !== JSON.stringify([step.ports, step.ports]) ? [`ports ${ports}`] : []),
  ];
}

type StepRef = Awaited<ReturnType<LifeStep['run']>>;

/** A step that waits for a round whose run has died goes on when reconciliation wakes the group. */
export async function whileReconciling<T>(rack: TestRack, running: Promise<T>[]): Promise<T[]> {
  let over = false;
  const all = Promise.all(running).finally(() => {
    over = true;
  });
  const passes = (async () => {
    for (;;) {
      await Promise.race([all.catch(() => undefined), rack.run('reconcile').catch(() => undefined)]);
      if (over) return;
    }
  })();
  const results = await all;
  await passes;
  return results;
}
