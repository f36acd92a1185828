/**
 * The switch's packet replication engine (PRE) and the ids of its groups.
 *
 * Invariant: PRE membership is kept apart from the members the daemon reports. An update that fails half-way leaves the
 * two different, as on the real switch; only deleting and creating the group brings them together again.
 */
import { internal, type Refusal } from '../dropshot';
import type { Member } from './bodies';
import { badArgument } from './reply';

const FIRST_ID = 100;
const LAST_ID = 65_534;

/** The two ids of an underlay group. External groups hold the pair of the underlay group they were created on. */
export interface IdPair {
  external: number;
  underlay: number;
  holders: number;
}

/** Last in, first out: a pair that was released comes back with its roles exchanged. */
export class IdPool {
  private readonly free = Array.from({ length: LAST_ID - FIRST_ID + 1 }, (_, index) => FIRST_ID + index);

  take(exhausted: Refusal): IdPair {
    if (this.free.length < 2) throw exhausted;
    const [underlay = 0, external = 0] = this.free.splice(-2);
    return { external, underlay, holders: 1 };
  }

  /** After a failed creation: the same two ids in the same roles are next. */
  giveBack(pair: IdPair): void {
    this.free.push(pair.underlay, pair.external);
  }

  letGo(pair: IdPair): void {
    pair.holders -= 1;
    if (pair.holders === 0) this.free.push(pair.external, pair.underlay);
  }
}

export class Pre {
  private readonly groups = new Map<number, Set<string>>();

  create(id: number): void {
    if (this.groups.has(id)) throw internal();
    this.groups.set(id, new Set());
  }

  destroy(id: number): void {
    this.groups.delete(id);
  }

  add(pair: IdPair, member: Member): void {
    const [ports, port] = this.locate(pair, member);
    if (ports.has(port)) throw internal();
    ports.add(port);
  }

  remove(pair: IdPair, member: Member): void {
    const [ports, port] = this.locate(pair, member);
    if (!ports.delete(port)) throw internal();
  }

  private locate(pair: IdPair, member: Member): [Set<string>, string] {
    const port = translate(member);
    const ports = this.groups.get(member.direction === 'External' ? pair.external : pair.underlay);
    if (!ports) throw internal();
    return [ports, port];
  }

  clear(): void {
    this.groups.clear();
  }

  /** The ports of one PRE group, sorted; empty when there is none. */
  ports(id: number): string[] {
    return [...(this.groups.get(id) ?? [])].toSorted();
  }

  /** All PRE groups by id, also those whose record is gone. */
  dump(): Record<string, string[]> {
    return Object.fromEntries([...this.groups.keys()].map((id) => [id, this.ports(id)]));
  }
}

/** A port has four lanes, and the stub's driver lacks the last front port. The link itself need not exist. */
function translate(member: Member): string {
  if (member.link > 3 || member.port === 'qsfp31') throw badArgument('no such port');
  return `${member.port}/${member.link}`;
}
