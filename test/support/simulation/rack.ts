/** A rack in memory: two switches, sleds, the tables, Temporal and rackcast's own code over them. */
import type { createActivities } from '../../../activities';
import { Api } from './api';
import { Clock } from './clock';
import { Engine } from './engine';
import type { EngineClient } from './engine-client';
import { withDefect } from './defects';
import { ModelSled } from './model-sled';
import { ModelSwitch } from './model-switch';
import type { Program } from './program';
import { enter, type Defect, type Stage } from './stage';
import { Tables } from './tables';

/** rackcast's own code, loaded over the replaced modules. */
export interface Loaded {
  createActivities: typeof createActivities;
  workflows: Record<string, unknown>;
}

const PORTS = Array.from({ length: 12 }, (_, at) => `rear${at}`);
const SCHEDULES = { 'switch-health': 'switchHealth', reconcile: 'reconcile' };
export type Schedule = keyof typeof SCHEDULES;

type Run = (input: unknown) => Promise<unknown>;

export class SimulatedRack {
  readonly clock: Clock;
  readonly stage: Stage;
  readonly tables = new Tables();
  readonly engine: Engine;
  readonly api: Api;
  readonly switches: ModelSwitch[];
  readonly sleds: ModelSled[];
  #restarting = 0;

  constructor(
    loaded: Loaded,
    readonly program: Program,
    defect: Defect | null,
  ) {
    const clock = new Clock(program.luck);
    const { tables } = this;
    this.clock = clock;
    this.switches = [0, 1].map((slot) => new ModelSwitch(clock, slot, PORTS));
    this.sleds = Array.from({ length: program.sleds }, (_, at) => new ModelSled(clock, `sled${at}`));
    const switches = new Map(this.switches.map((model) => [`switch${model.slot}`, model]));
    const quiet = {
      run: null,
      databaseErrors: [],
      databaseSlowUntil: 0,
      zombies: false,
      faults: [],
      injected: new Map<string, number>(),
    };
    this.stage = { clock, tables, switches, defect, ...quiet };
    enter(this.stage);
    const activities = (client: EngineClient) => withDefect(this.#activities(loaded, client), defect);
    this.engine = new Engine(clock, loaded.workflows as Record<string, Run>, activities);
    this.api = new Api(tables, this.engine);
    for (const [n, sled] of this.sleds.entries()) tables.sleds.set(sled.id, n + 1);
    for (const { slot } of this.switches) this.#register(slot);
    for (let n = 0; n < program.groups; n += 1) this.api.createGroup(`g${n}`, n);
  }

  /** Every other program, by its luck, sees each call as a step of its own. */
  #activities({ createActivities: over }: Loaded, temporal: EngineClient): Record<string, Run> {
    const directory = <Model extends { client: unknown }>(models: ReadonlyMap<string, Model>) => ({
      at: (address: string) => models.get(address)?.client,
    });
    const deps = {
      db: this.tables,
      switches: directory(this.stage.switches),
      sleds: directory(new Map(this.sleds.map((model) => [model.id, model]))),
      temporal,
      visibleSteps: this.program.luck % 2 === 1,
      log: { info() {}, debug() {}, warn() {}, error() {} },
    };
    return over(deps as unknown as Parameters<typeof over>[0]) as unknown as Record<string, Run>;
  }

  #register(slot: number): void {
    const id = `switch${slot}`;
    const seen = { lastError: null, uptime: 1_000, timeLastSeen: 0 };
    const service = {
      service: 'in_service' as const,
      incarnation: 1,
      failures: 0,
      swept: true,
      multicast: true,
      timeUnswept: null,
    };
    this.tables.switches.set(id, { id, slot, address: id, ports: PORTS, ...service, ...seen });
  }

  /** What a schedule does, unless it is still at it. */
  begin(schedule: Schedule): void {
    if (!this.engine.isRunning(schedule)) this.engine.start(schedule, SCHEDULES[schedule], undefined);
  }

  every(ms: number, schedule: Schedule, first = 0): void {
    this.clock.after(first, () => {
      if (this.clock.now >= this.engine.downUntil) this.begin(schedule);
      this.every(ms, schedule, ms);
    });
  }

  /** From here on everything works; what was refused is taken after a restart. */
  endFaults(): void {
    for (const model of this.switches) {
      Object.assign(model, { errors: [], silentUntil: 0 });
      if (model.refusedPorts.size === 0) continue;
      model.refusedPorts.clear();
      this.#restarting += 1;
      this.clock.after(model.untilRestartShows(), () => {
        model.restart();
        this.#restarting -= 1;
      });
    }
    for (const model of this.sleds) Object.assign(model, { errors: [], silentUntil: 0 });
    Object.assign(this.stage, { databaseErrors: [], databaseSlowUntil: 0 });
    Object.assign(this.engine, { downUntil: 0, lostResults: 0 });
  }

  /** A restart is still to come. */
  get restarting(): boolean {
    return this.#restarting > 0;
  }

  /** Somebody else may have changed a switch. */
  get tampered(): boolean {
    return this.stage.zombies || this.switches.some((model) => model.tampered.size > 0);
  }

  get writes(): number {
    return this.switches.reduce((sum, model) => sum + model.writes, 0);
  }
}
