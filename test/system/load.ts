/**
 * Many instances living at once: each posts its events one after the other, of kinds drawn from a seed, and knows what its
 * last accepted event implies. Only a migration has to be asked about: one that failed leaves the VM where it was.
 */
import type { EventRef } from '../../domain/events';
import type { Vm } from '../support/vm';
import type { Group, Project } from './fleet';

export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

/** What is known of one instance; `sled` null: it does not run. */
export interface Expected {
  id: string;
  sled: number | null;
  groups: string[];
  deleted: boolean;
}

export interface Post {
  kind: string;
  ref: EventRef;
}

type Place = Vm['place'];

const SLEDS = 4;
const MOST_GROUPS = 4;
const OUTCOME_MS = 240_000;

export class Life {
  readonly vm: Vm;
  sled: number | null = null;
  groups: string[] = [];
  deleted = false;
  #created = false;

  constructor(
    readonly project: Project,
    readonly all: readonly Group[],
    readonly random: Random,
  ) {
    this.vm = project.vm();
  }

  get expected(): Expected {
    return { id: this.vm.id, sled: this.sled, groups: this.groups, deleted: this.deleted };
  }

  /** Posts the next event; resolves once it is accepted. */
  async step(last: boolean): Promise<Post> {
    const { random } = this;
    if (!this.#created) {
      this.#created = true;
      this.groups = this.#someGroups();
      return { kind: 'create', ref: await this.vm.create(this.groups) };
    }
    const kind = this.#nextKind(last);
    switch (kind) {
      case 'start':
        this.sled = Math.floor(random() * SLEDS);
        return { kind, ref: await this.vm.start(this.sled) };
      case 'migrate':
        return { kind, ref: await this.#migrate(random() < 0.5 || last) };
      case 'reconfigure':
        this.groups = this.#someGroups();
        return { kind, ref: await this.vm.reconfigure(this.groups) };
      case 'reboot':
        return { kind, ref: await this.vm.reboot() };
      case 'delete':
        [this.sled, this.groups, this.deleted] = [null, [], true];
        return { kind, ref: await this.vm.delete() };
      default:
        this.sled = null;
        return { kind, ref: await (kind === 'stop' ? this.vm.stop() : this.vm.fail()) };
    }
  }

  #nextKind(last: boolean): 'start' | 'stop' | 'fail' | 'migrate' | 'reconfigure' | 'reboot' | 'delete' {
    const { random } = this;
    if (this.#moving) {
      // Whoever did not wait for the migration says where the VM is anew.
      this.#moving = false;
      return pick(random, ['start', 'stop', 'stop']);
    }
    if (last && random() < 0.1) return 'delete';
    if (this.sled === null) return pick(random, ['start', 'start', 'start', 'reconfigure']);
    return pick(random, ['migrate', 'migrate', 'stop', 'reconfigure', 'fail', 'reboot', 'start']);
  }

  #moving = false;

  async #migrate(wait: boolean): Promise<EventRef> {
    const [from, source]: [number, Place] = [this.sled!, this.vm.place];
    const to = (from + 1 + Math.floor(this.random() * (SLEDS - 1))) % SLEDS;
    const ref = await this.vm.migrate(to);
    this.sled = to;
    this.#moving = !wait;
    if (!wait) return ref;
    const { outcome } = await this.project.outcome(ref, OUTCOME_MS);
    if (outcome === 'failed') {
      this.sled = from;
      this.vm.stays(source);
    }
    return ref;
  }

  #someGroups(): string[] {
    const count = 1 + Math.floor(this.random() * MOST_GROUPS);
    const chosen = new Set(Array.from({ length: count }, () => pick(this.random, this.all).name));
    return [...chosen];
  }
}
