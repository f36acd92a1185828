/**
 * The daemon's multicast state: the records it reports, the ids, the PRE and the tables. Everything is in memory; a new
 * `Groups` is a daemon that has just started.
 *
 * Invariant: records are kept in address order (IPv4 first), and of the external groups that name one underlay group
 * only the last is remembered in `references`, as the daemon does.
 */
import { invalid } from '../dropshot';
import type { Ip } from './addresses';
import type { Member, Nat, Source } from './bodies';
import { IdPool, Pre, type IdPair } from './replication';
import { missing } from './reply';
import type { Rules } from './rules';
import { removeExternalEntries } from './external-entries';
import { Tables, type TableOptions } from './tables';

export interface GroupRecord {
  ip: Ip;
  ids: IdPair;
  tag: string | null;
  nat: Nat | null;
  vlan: number | null;
  sources: Source[] | null;
  members: Member[];
  /** Whether a replication entry was made for it: an empty group has none. */
  replicated: boolean;
}

export class Groups {
  readonly ids = new IdPool();
  readonly pre = new Pre();
  readonly tables: Tables;
  /** Underlay address key to the external group remembered for it. */
  readonly references = new Map<string, Ip>();
  private readonly records = new Map<string, GroupRecord>();
  private order: string[] = [];

  constructor(
    readonly rules: Rules,
    options: TableOptions,
  ) {
    this.tables = new Tables(options);
  }

  get(ip: Ip): GroupRecord | undefined {
    return this.records.get(ip.key);
  }

  put(record: GroupRecord): void {
    if (!this.records.has(record.ip.key)) this.order.splice(this.position(record.ip.key), 0, record.ip.key);
    this.records.set(record.ip.key, record);
  }

  drop(record: GroupRecord): void {
    if (!this.records.delete(record.ip.key)) return;
    this.order.splice(this.position(record.ip.key), 1);
    if (record.nat) this.references.delete(record.nat.ip.key);
    this.ids.letGo(record.ids);
  }

  /** At most `limit` records after the key, of one tag if given. */
  page(after: string | null, limit: number, tag?: string): GroupRecord[] {
    const found: GroupRecord[] = [];
    let at = after === null ? 0 : this.position(after);
    if (after !== null && this.order[at] === after) at++;
    for (; at < this.order.length && found.length < limit; at++) {
      const record = this.records.get(this.order[at] ?? '');
      if (record && (tag === undefined || record.tag === tag)) found.push(record);
    }
    return found;
  }

  all(): GroupRecord[] {
    return this.page(null, Infinity);
  }

  /**
   * `tag` null: the caller's version needs none. The record is gone before the tables are touched, whatever they say.
   */
  delete(ip: Ip, tag: string | null): void {
    const referrer = this.references.get(ip.key);
    if (this.rules.guardsReferences && referrer) {
      throw invalid(
        `cannot delete internal group ${ip.text}: still referenced by external group ${referrer.text} via NAT target`,
      );
    }
    const record = this.get(ip);
    if (!record) throw missing(`Multicast group for IP ${ip.text} not found`);
    this.rules.updatedTag(tag, record.tag);
    this.drop(record);
    if (this.rules.isUnderlay(ip)) this.unprogramUnderlay(record);
    else removeExternalEntries(this.tables, record);
  }

  private unprogramUnderlay(record: GroupRecord): void {
    if (record.replicated) this.tables.remove('replication', record.ip.text);
    this.tables.remove('routeV6', record.ip.text);
    if (record.replicated) this.tables.remove('decap', String(record.ids.external));
    this.pre.destroy(record.ids.external);
    this.pre.destroy(record.ids.underlay);
  }

  /** Stops at the first group that cannot be deleted; those before it are gone. */
  resetTag(tag: string | null): void {
    const chosen = this.all().filter((record) => record.tag === tag);
    const external = chosen.filter((record) => record.nat !== null);
    const ordered = this.rules.resetsExternalFirst
      ? [...external, ...chosen.filter((record) => record.nat === null)]
      : chosen;
    for (const record of ordered) this.delete(record.ip, null);
  }

  reset(): void {
    this.pre.clear();
    this.tables.clear();
    for (const record of this.all()) this.drop(record);
    this.references.clear();
  }

  private position(key: string): number {
    let [low, high] = [0, this.order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.order[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
