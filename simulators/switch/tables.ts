/**
 * The match tables behind multicast, by the names the daemon shows. Invariant: a failed operation that rolls back
 * leaves the tables as they were; occupancy never exceeds the capacity (unless capacities are off).
 */
import { exists, full, missing } from './reply';

const TABLES = {
  natV4: 'Ingress.nat_ingress.ingress_ipv4_mcast',
  natV6: 'Ingress.nat_ingress.ingress_ipv6_mcast',
  routeV4: 'Ingress.l3_router.MulticastRouter4.tbl',
  routeV6: 'Ingress.l3_router.MulticastRouter6.tbl',
  sourceV4: 'Ingress.mcast_ingress.mcast_source_filter_ipv4',
  sourceV6: 'Ingress.mcast_ingress.mcast_source_filter_ipv6',
  replication: 'Ingress.mcast_ingress.mcast_replication_ipv6',
  decap: 'Egress.mcast_egress.tbl_decap_ports',
} as const;
export type TableName = keyof typeof TABLES;

/** Entries each of these tables has room for. */
const TABLE_CAPACITY = 1024;

export interface TableOptions {
  limits: 'real' | 'none';
  /**
   * As on hardware, adding a key that is there or touching one that is not is an error. The stub daemon lets both pass.
   */
  strict: boolean;
}

export class Tables {
  private readonly entries = new Map<TableName, Map<string, unknown>>();
  private undo: (() => void)[] | null = null;

  constructor(private readonly options: TableOptions) {}

  /** Runs `body`; if it throws, what it did to the tables is undone. */
  attempt<T>(body: () => T): T {
    this.undo = [];
    try {
      return body();
    } catch (error) {
      for (const step of this.undo.toReversed()) step();
      throw error;
    } finally {
      this.undo = null;
    }
  }

  insert(name: TableName, key: string, value: unknown): void {
    const table = this.table(name);
    if (this.options.strict && table.has(key)) throw exists();
    if (this.options.limits === 'real' && !table.has(key) && table.size >= TABLE_CAPACITY) throw full(TABLES[name]);
    this.remember(table, key);
    table.set(key, value);
  }

  update(name: TableName, key: string, value: unknown): void {
    const table = this.table(name);
    if (this.options.strict && !table.has(key)) throw missing();
    this.remember(table, key);
    table.set(key, value);
  }

  remove(name: TableName, key: string): void {
    const table = this.table(name);
    if (this.options.strict && !table.has(key)) throw missing();
    this.remember(table, key);
    table.delete(key);
  }

  get(name: TableName, key: string): unknown {
    return this.table(name).get(key);
  }

  clear(): void {
    this.entries.clear();
  }

  dump(): Record<string, Record<string, unknown>> {
    const names = Object.keys(TABLES) as TableName[];
    return Object.fromEntries(names.map((name) => [name, Object.fromEntries(this.table(name))]));
  }

  private table(name: TableName): Map<string, unknown> {
    const table = this.entries.get(name) ?? new Map<string, unknown>();
    this.entries.set(name, table);
    return table;
  }

  private remember(table: Map<string, unknown>, key: string): void {
    const before = table.get(key);
    const had = table.has(key);
    this.undo?.push(() => void (had ? table.set(key, before) : table.delete(key)));
  }
}
