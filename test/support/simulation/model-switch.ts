/**
 * A switch, by what DPD guarantees: one edit is one step, an external group needs its underlay, tags and ports are checked, a change of
 * members that fails half-way goes on reporting the old ones, and no other succeeds before the group is made anew. Faults: silence, errors before and after the effect, answers that are
 * lost, writes that arrive late, ports that it does not take, a restart that leaves it empty.
 */
import type { DpdClient } from '../../../dataplane/dpd/client';
import { CodedError } from '../../../domain/errors';
import { LIMITS } from '../../../domain/limits';
import type { ObservedGroup, SwitchEdit, SwitchObject } from '../../../domain/switch-config';
import { groupOfTag, sameObject } from '../../../domain/switch-edits';
import { compareAddresses } from './addresses';
import type { Clock } from './clock';
import { hit } from './stage';
import type { SwitchStateRow } from './tables';

export type SwitchFault = 'before' | 'after' | 'torn' | 'torn lost' | 'lost' | 'late';

const LONG_AGO_MS = 1_000_000;
/** A check whose result is lost holds the next ones up for its five minutes. */
const UNSEEN_MS = 330_000;

export class ModelSwitch {
  readonly objects = new Map<string, SwitchObject>();
  /** Underlay addresses whose members are not what is reported. */
  readonly torn = new Set<string>();
  readonly refusedPorts = new Set<string>();
  /** Groups that somebody else has changed, or that a late write has. */
  readonly tampered = new Set<string>();
  errors: SwitchFault[] = [];
  silentUntil = 0;
  bootedAt = -LONG_AGO_MS;
  writes = 0;

  constructor(
    private readonly clock: Clock,
    readonly slot: number,
    private readonly ports: string[],
  ) {}

  restart(): void {
    hit('switch restarts');
    // Where its uptime does not betray it, what is missing is found by reconciliation.
    if (this.untilRestartShows() > 0) for (const { tag } of this.objects.values()) this.#tamper(tag);
    this.objects.clear();
    this.torn.clear();
    this.bootedAt = this.clock.now;
  }

  /** A restart shows by the uptime only if the daemon had run for longer than nobody looks: it has to run for so long first. */
  untilRestartShows(): number {
    return Math.max(0, this.bootedAt + UNSEEN_MS - this.clock.now);
  }

  /** Whether what was last seen is the present daemon: one before it has booted before it. */
  isKnown({ uptime, timeLastSeen }: Pick<SwitchStateRow, 'uptime' | 'timeLastSeen'>): boolean {
    return uptime !== null && timeLastSeen !== null && timeLastSeen - uptime * 1_000 >= this.bootedAt;
  }

  readonly client: DpdClient = {
    status: async () => {
      await this.#reach(LIMITS.healthCallMs - 1);
      const uptimeSeconds = Math.floor((this.clock.now - this.bootedAt) / 1_000);
      return { uptimeSeconds, apiVersion: 8, multicast: true };
    },
    ports: async () => {
      await this.#reach();
      return this.ports;
    },
    readGroup: async ({ underlayIp, externalIp }): Promise<ObservedGroup> => {
      await this.#reach();
      const [underlay, external] = [this.objects.get(underlayIp), this.objects.get(externalIp)];
      return {
        underlay: underlay?.kind === 'underlay' ? underlay : null,
        external: external?.kind === 'external' ? external : null,
      };
    },
    apply: async (edit) => {
      await this.#reach();
      await this.#withFault(edit, this.errors.shift());
      await this.clock.point();
    },
    listGroups: () => this.#pages(),
    close: async () => {},
  };

  async #reach(patience: number = LIMITS.switchCallMs): Promise<void> {
    await this.clock.point();
    if (this.clock.now >= this.silentUntil) return;
    hit('switch silent');
    await this.clock.point(patience);
    throw new CodedError('Unreachable', `switch${this.slot}: no answer`);
  }

  async #withFault(edit: SwitchEdit, fault: SwitchFault | undefined): Promise<void> {
    if (fault === undefined) return this.#apply(edit);
    hit(`switch error ${fault}`);
    if (fault === 'after') this.#apply(edit);
    if ((fault === 'torn' || fault === 'torn lost') && edit.op === 'replaceMembers') this.#tear(edit);
    if (fault === 'lost' || fault === 'late' || fault === 'torn lost') {
      if (fault === 'lost') this.#apply(edit);
      else if (fault === 'late') this.#later(edit);
      await this.clock.point(LIMITS.switchCallMs);
      throw new CodedError('Unreachable', `switch${this.slot}: no answer in time`);
    }
    throw new CodedError('ServerError', `switch${this.slot}: 500`);
  }

  /** The old members go on being reported. What changes nothing cannot be half done. */
  #tear({ ip, tag, members }: Extract<SwitchEdit, { op: 'replaceMembers' }>): void {
    const present = this.objects.get(ip);
    if (present !== undefined && !sameObject(present, { kind: 'underlay', ip, tag, members })) this.torn.add(ip);
  }

  /** It arrives after its sender has given up, and nobody hears what becomes of it. */
  #later(edit: SwitchEdit): void {
    this.#tamper(edit.op === 'createExternal' || edit.op === 'replaceExternal' ? edit.external.tag : edit.tag);
    this.clock.after(LIMITS.switchCallMs * (0.5 + this.clock.random.next() * 2), () => {
      try {
        this.#apply(edit);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
      }
    });
  }

  #apply(edit: SwitchEdit): void {
    this.writes += 1;
    switch (edit.op) {
      case 'createUnderlay':
        this.#free(edit.ip);
        this.#takes(edit.members.map((member) => member.port));
        this.torn.delete(edit.ip);
        this.objects.set(edit.ip, { kind: 'underlay', ip: edit.ip, tag: edit.tag, members: edit.members });
        return;
      case 'replaceMembers':
        this.#takes(edit.members.map((member) => member.port));
        this.#owned(edit.ip, edit.tag, 'Missing');
        if (this.torn.has(edit.ip)) throw new CodedError('ServerError', `switch${this.slot}: already contains it`);
        this.objects.set(edit.ip, { kind: 'underlay', ip: edit.ip, tag: edit.tag, members: edit.members });
        return;
      case 'createExternal':
        this.#free(edit.external.ip);
        this.#needsUnderlay(edit.external.nat.underlayIp);
        this.objects.set(edit.external.ip, edit.external);
        return;
      case 'replaceExternal':
        this.#owned(edit.external.ip, edit.external.tag, 'Missing');
        this.#needsUnderlay(edit.external.nat.underlayIp);
        this.objects.set(edit.external.ip, edit.external);
        return;
      case 'deleteUnderlay':
        for (const object of this.objects.values())
          if (object.kind === 'external' && object.nat?.underlayIp === edit.ip)
            throw new CodedError('Refused', `${edit.ip} is referred to by ${object.ip}`);
        return this.#remove(edit.ip, edit.tag);
      case 'deleteExternal':
        return this.#remove(edit.ip, edit.tag);
    }
  }

  #remove(ip: string, tag: string): void {
    if (!this.objects.has(ip)) return;
    this.#owned(ip, tag, 'Missing');
    this.objects.delete(ip);
    this.torn.delete(ip);
  }

  #free(ip: string): void {
    if (this.objects.has(ip)) throw new CodedError('Conflict', `${ip} exists`);
  }

  #owned(ip: string, tag: string, absent: 'Missing'): void {
    const present = this.objects.get(ip);
    if (present === undefined) throw new CodedError(absent, `${ip} does not exist`);
    if (present.tag !== tag) throw new CodedError('Refused', `${ip}: tag mismatch`);
  }

  #needsUnderlay(ip: string): void {
    if (this.objects.get(ip)?.kind !== 'underlay') throw new CodedError('Refused', `no underlay group ${ip}`);
  }

  #takes(ports: string[]): void {
    const refused = ports.find((port) => this.refusedPorts.has(port));
    if (refused === undefined) return;
    hit('port refused');
    throw new CodedError('Refused', `switch${this.slot} refuses ${refused}`);
  }

  /** Pages of three, so that there are several. */
  async *#pages(): AsyncGenerator<SwitchObject[]> {
    let after: string | null = null;
    for (;;) {
      await this.#reach();
      const all = [...this.objects.values()].toSorted((a, b) => compareAddresses(a.ip, b.ip));
      const last: string | null = after;
      const page = all.filter((object) => last === null || compareAddresses(object.ip, last) > 0).slice(0, 3);
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)?.ip ?? null;
    }
  }

  /** Somebody takes away what is there, or a port of it. */
  drift(which: number): void {
    const objects = [...this.objects.values()];
    const object = objects[which % Math.max(1, objects.length)];
    if (object === undefined || this.torn.has(object.ip)) return;
    hit('drift');
    this.#tamper(object.tag);
    if (object.kind === 'underlay') this.objects.set(object.ip, { ...object, members: object.members.slice(1) });
    else this.objects.delete(object.ip);
  }

  #tamper(tag: string): void {
    this.tampered.add(groupOfTag(tag) ?? '');
  }
}
