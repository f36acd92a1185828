/** What each action of a program does to the rack, as Nexus, users, operators and bad luck would. */
import type { LifecycleEvent } from '../../../domain/events';
import { PROJECT, type Api } from './api';
import type { Action } from './program';
import type { SimulatedRack } from './rack';
import { hit } from './stage';

/** An instance as Nexus knows it. */
interface Vm {
  id: string;
  generation: number;
  at: { sled_id: string; propolis_id: string } | null;
  last: LifecycleEvent | null;
}

export class Actions {
  readonly #vms: Vm[];
  readonly #api: Api;
  #vmms = 0;

  constructor(private readonly rack: SimulatedRack) {
    this.#api = rack.api;
    this.#vms = Array.from({ length: rack.program.vms }, (_, n) => ({
      id: `vm${n}`,
      generation: 0,
      at: null,
      last: null,
    }));
  }

  /** Every instance, in two of the groups. */
  createAll(): void {
    for (const [n, vm] of this.#vms.entries())
      this.#post(vm, { kind: 'create', project_id: PROJECT, name: vm.id, multicast_groups: this.#groups([n, n + 1]) });
  }

  /** Instances that migrated away from, or back to, a VMM that could not be registered: Nexus ends them. Returns how many. */
  stopUnregistered(): number {
    const { tables, stage } = this.rack;
    const lost = this.#vms.filter((vm) => {
      const place = tables.instances.get(vm.id)?.place;
      return place != null && this.rack.sleds.some((sled) => sled.isGone(place.propolisId));
    });
    for (const vm of lost) {
      const joined = tables.members.filter((row) => row.instanceId === vm.id && !row.deleted && row.state === 'joined');
      stage.faults.push(...joined.map(({ groupId }) => `${vm.id} is joined in ${groupId} on a VMM that is not there`));
      vm.at = null;
      this.#post(vm, { kind: 'stop' });
    }
    return lost.length;
  }

  perform(action: Action): void {
    if ('vm' in action) this.#onVm(action, this.#vms[action.vm % this.#vms.length]);
    else if ('group' in action) this.#onGroup(action, action.group % this.rack.program.groups);
    else this.#trouble(action);
  }

  #onVm(action: Extract<Action, { vm: number }>, vm: Vm | undefined): void {
    if (vm === undefined) return;
    switch (action.do) {
      case 'create':
      case 'reconfigure':
        return this.#post(vm, { kind: 'reconfigure', multicast_groups: this.#groups(action.groups) });
      case 'start':
      case 'migrate':
        return this.#place(vm, action);
      case 'stop':
      case 'fail':
      case 'delete':
        vm.at = null;
        return this.#post(vm, { kind: action.do });
      case 'reboot':
        return this.#post(vm, { kind: 'reboot' });
      case 'repeat':
        if (vm.last !== null) this.#api.post(vm.id, vm.last);
        return;
      case 'outdated':
        this.#api.post(vm.id, { event_id: `${vm.id}-late-${this.rack.clock.now}`, generation: 1, kind: 'stop' });
        return;
      case 'join':
      case 'leave':
        return this.#api[action.do](vm.id, this.#groupId(action.group % this.rack.program.groups));
    }
  }

  #place(vm: Vm, { do: kind, sled, registers }: Extract<Action, { do: 'start' | 'migrate' }>): void {
    const source = vm.at;
    if (kind === 'migrate' && source === null) return;
    this.#vmms += 1;
    const target = { sled_id: `sled${sled % this.rack.program.sleds}`, propolis_id: `vmm${this.#vmms}` };
    vm.at = target;
    const body = registers ? { vmm_registration: { local_config: {} } } : {};
    if (kind === 'start') this.#post(vm, { kind, ...target, ...body });
    else this.#post(vm, { kind, source, target, ...body });
  }

  #onGroup(action: Extract<Action, { group: number }>, number: number): void {
    const id = this.#groupId(number);
    if (action.do === 'delete group') this.#api.deleteGroup(id);
    else if (action.do === 'create group' && id === '') this.#api.createGroup(`g${number}`, number);
    else if (action.do === 'sources')
      this.#api.update(
        id,
        Array.from({ length: action.sources }, (_, n) => `10.0.${action.sources}.${n}`),
      );
  }

  #trouble(action: Exclude<Action, { vm: number } | { group: number }>): void {
    const { rack } = this;
    const facing = 'switch' in action ? rack.switches[action.switch] : undefined;
    const sled = 'sled' in action ? rack.sleds[action.sled % rack.sleds.length] : undefined;
    switch (action.do) {
      case 'switch errors':
        return void facing?.errors.push(...action.errors);
      case 'sled errors':
        return void sled?.errors.push(...action.errors);
      case 'switch silent':
      case 'sled silent':
        return void Object.assign(facing ?? sled ?? {}, { silentUntil: rack.clock.now + action.seconds * 1_000 });
      case 'switch restarts':
        return facing?.restart();
      case 'drift':
        return facing?.drift(action.which);
      case 'port refused':
        return void facing?.refusedPorts.add(`rear${rack.tables.sleds.get(sled?.id ?? '')}`);
      case 'sled moves':
        return sled && this.#api.moveSled(sled.id, action.port);
      case 'crash':
        rack.stage.zombies ||= action.zombies;
        return rack.engine.crash(action.zombies);
      case 'results lost':
        rack.engine.lostResults += action.count;
        return;
      case 'Temporal down':
        rack.engine.downUntil = rack.clock.now + action.seconds * 1_000;
        return;
      case 'database errors':
        return void rack.stage.databaseErrors.push(...action.errors);
      case 'database slow':
        rack.stage.databaseSlowUntil = rack.clock.now + action.seconds * 1_000;
        return;
      case 'reconcile':
        return rack.begin('reconcile');
      case 'health':
        return rack.begin('switch-health');
    }
  }

  #post(vm: Vm, event: { kind: string } & Record<string, unknown>): void {
    vm.generation += 1;
    const posted = { event_id: `${vm.id}-${vm.generation}`, generation: vm.generation, ...event } as LifecycleEvent;
    const said = this.#api.post(vm.id, posted);
    if (said !== 'accepted') vm.generation -= 1;
    else vm.last = posted;
    hit(`event ${event.kind}${said === 'accepted' ? '' : ' refused'}`);
  }

  #groups(numbers: number[]): string[] {
    const names = numbers.map((n) => `g${n % this.rack.program.groups}`);
    const live = [...this.rack.tables.groups.values()].filter((group) => group.state !== 'deleting');
    return [...new Set(names)].filter((name) => live.some((group) => group.name === name));
  }

  #groupId(number: number): string {
    return [...this.rack.tables.groups.values()].find((group) => group.name === `g${number}`)?.id ?? '';
  }
}
