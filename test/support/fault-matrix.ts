/** The same life many times at once, each with one fault of its own at every step; invariants after every step. */
import { faultsOf, settle } from './invariants';
import { Injector, type ActivityName, type Fault, type InjectedFault } from './injector';
import { idsOf, LIFE, newLife, type LifeStep } from './lives';
import { startRack, type TestRack } from './rack';

export interface Matrix {
  rack: TestRack;
  injector: Injector;
  common: string;
  /** Activities that a life calls about itself, as they were seen. */
  steps: ActivityName[];
}

/** A rack whose activities are wrapped, and the list of activities that one life without faults has called. */
export async function startMatrix(): Promise<Matrix> {
  const injector = new Injector();
  const rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
  const common = await rack.group('common', '232.10.0.1', { sources: ['10.0.0.1'] });
  const life = await newLife(rack, common);
  const called = new Set<ActivityName>();
  for (const step of LIFE) {
    const ref = await step.run(life);
    const outcome = ref === null ? null : await rack.outcome(ref);
    if (outcome !== null && outcome.state !== 'succeeded') throw new Error(`${step.name}: ${outcome.reason}`);
    for (const id of idsOf(life, ref ?? undefined)) for (const name of injector.called(id)) called.add(name);
  }
  return { rack, injector, common, steps: [...called].toSorted() };
}

export interface Tried {
  fault: InjectedFault;
  hits: number;
}

/** Each fault gets a life. Returns how often each hit; throws with what is wrong after a step. */
export async function tryFaults(
  { rack, injector, common }: Matrix,
  faults: Omit<Fault, 'about'>[],
  { steps = LIFE, mayFail = false }: { steps?: LifeStep[]; mayFail?: boolean } = {},
): Promise<Tried[]> {
  const lives = await Promise.all(faults.map(() => newLife(rack, common)));
  await settle(rack);
  const tried = faults.map((): Tried['hits'] => 0);
  let armed: InjectedFault[] = [];
  for (const step of steps) {
    injector.clear();
    const abouts = lives.map((life) => [life.vm.id, life.group]);
    armed = faults.map((fault, at) => injector.add({ ...fault, about: abouts[at]! }));
    const refs = await Promise.all(
      lives.map(async (life, at) => {
        const ref = await step.run(life);
        if (ref !== null) abouts[at]!.push(ref.eventId);
        return ref;
      }),
    );
    await settle(rack);
    const wrong = await faultsOf(rack);
    for (const [at, life] of lives.entries()) {
      tried[at]! += armed[at]!.injected;
      const ref = refs[at];
      const event = ref == null ? null : await rack.event(ref);
      const about = `${step.name}, ${faults[at]!.how} ${faults[at]!.activity}`;
      if (event !== null && event.state !== 'succeeded' && !mayFail)
        wrong.push(`${about}: ${event.state}, ${event.reason}`);
      const ports = JSON.stringify(rack.both(life.ip));
      if (!mayFail && ports !== JSON.stringify([step.ports, step.ports])) wrong.push(`${about}: ports ${ports}`);
    }
    if (wrong.length > 0) throw new Error(`after ${step.name}:\n${wrong.join('\n')}`);
  }
  injector.clear();
  return armed.map((fault, at) => ({ fault, hits: tried[at]! }));
}

export function report(tried: Tried[]): void {
  const lines = tried.map(({ fault, hits }) => `${fault.how.padEnd(7)}${fault.activity.padEnd(22)}${hits}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
