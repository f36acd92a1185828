/** Plays one program to its end: the actions at their times, then no more faults, then quiet; and says what is wrong. */
import { Actions } from './actions';
import { faultsOf, unsettled } from './inspect';
import type { Program } from './program';
import { SimulatedRack, type Loaded } from './rack';
import type { Defect } from './stage';

export type { Loaded } from './rack';

export interface Played {
  faults: string[];
  /** Atomic steps, of all that ran. */
  steps: number;
  injected: ReadonlyMap<string, number>;
}

/** By then the instances are created. */
const BEGIN_MS = 500;
const CREATE_MS = 100;
/** Virtual time after the last fault within which everything has to be right: three times the longest wait of an event. */
const SETTLE_MS = 600_000;
/** After this no write of before arrives any more. */
const LATEST_WRITE_MS = 15_000;
const HEALTH_MS = 10_000;
const RECONCILE_MS = 60_000;
/** A program that runs away is stopped here. */
const MOST_STEPS = 200_000;

export async function play(loaded: Loaded, program: Program, defect: Defect | null = null): Promise<Played> {
  const rack = new SimulatedRack(loaded, program, defect);
  const { stage, clock } = rack;
  await new Performance(rack).play();
  return { faults: [...new Set(stage.faults)], steps: clock.steps, injected: stage.injected };
}

class Performance {
  readonly #actions: Actions;

  constructor(private readonly rack: SimulatedRack) {
    this.#actions = new Actions(rack);
  }

  async play(): Promise<void> {
    const { rack } = this;
    await this.#act();
    rack.endFaults();
    if (!(await this.#settles())) return;
    // What somebody else has changed is found by a pass, at the latest by the one after: a group that is busy is not judged.
    for (let pass = 0; pass < 2 && rack.tampered; pass += 1) {
      await this.#pass();
      if (!(await this.#settles())) return;
    }
    // One that is slow may still be at it.
    await this.#until(() => !rack.engine.isRunning('reconcile'));
    const before = rack.writes;
    await this.#pass();
    const { faults, switches } = rack.stage;
    if (rack.writes !== before) faults.push(`${rack.writes - before} writes by a pass over a rack at rest`);
    faults.push(...faultsOf(rack.tables, switches, rack.sleds));
  }

  async #act(): Promise<void> {
    const { rack } = this;
    const { steps } = rack.program;
    rack.every(HEALTH_MS, 'switch-health');
    rack.every(RECONCILE_MS, 'reconcile', rack.clock.random.next() * RECONCILE_MS);
    rack.clock.after(CREATE_MS, () => this.#actions.createAll());
    let at = BEGIN_MS;
    let acted = 0;
    for (const { after, action } of steps) {
      at += after;
      rack.clock.after(at, () => {
        this.#actions.perform(action);
        acted += 1;
      });
    }
    await this.#runTo(() => acted === steps.length);
  }

  /** Everything that was under way has ended, and every switch was seen since. */
  async #settles(): Promise<boolean> {
    const { tables, stage, clock, engine } = this.rack;
    await this.#runTo(() => !this.rack.restarting);
    const { tampered } = this.rack;
    const since = clock.now + (tampered ? LATEST_WRITE_MS : 0);
    const seen = () =>
      [...tables.switches.values()].every(
        (row) => (row.timeLastSeen ?? 0) > since && stage.switches.get(row.id)?.isKnown(row) === true,
      );
    await this.#until(() => seen() && this.#isQuiet());
    // Nothing can be joined on a VMM that does not exist: Nexus stops the instance.
    if (this.#actions.stopUnregistered() > 0) await this.#until(() => this.#isQuiet());
    if (this.#isQuiet()) return true;
    stage.faults.push(...unsettled(tables).map((owed) => `not settled: ${owed}`));
    stage.faults.push(...engine.running().map((id) => `not settled: ${id} runs`));
    return false;
  }

  #isQuiet(): boolean {
    const { engine, tables } = this.rack;
    const scheduled = (id: string) => id === 'switch-health' || id === 'reconcile';
    return !engine.isHaunted && engine.running().every(scheduled) && unsettled(tables).length === 0;
  }

  async #pass(): Promise<void> {
    const { engine } = this.rack;
    await this.#until(() => !engine.isRunning('reconcile'));
    this.rack.begin('reconcile');
    await this.#until(() => !engine.isRunning('reconcile'));
  }

  async #until(done: () => boolean): Promise<void> {
    const most = this.rack.clock.now + SETTLE_MS;
    await this.#runTo(() => done() || this.rack.clock.now > most);
  }

  async #runTo(done: () => boolean): Promise<void> {
    const { clock, stage } = this.rack;
    await clock.run(() => done() || clock.steps > MOST_STEPS);
    if (clock.steps > MOST_STEPS) stage.faults.push('it runs away');
  }
}
