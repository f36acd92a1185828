/**
 * The table entries of an external group: source filters, NAT, route. Invariant: what `insert` wrote for a record is
 * exactly what `remove` takes away for the same record.
 */
import { invalid } from '../dropshot';
import type { Ip } from './addresses';
import type { Nat, Source } from './bodies';
import type { TableName, Tables } from './tables';

export interface ExternalEntries {
  ip: Ip;
  nat: Nat | null;
  vlan: number | null;
  sources: Source[] | null;
}

export function insertExternalEntries(tables: Tables, entries: ExternalEntries): void {
  insertSourceFilters(tables, entries.ip, entries.sources);
  insertNat(tables, entries);
  tables.insert(routeTable(entries.ip), entries.ip.text, { vlan: entries.vlan });
}

export function removeExternalEntries(tables: Tables, entries: ExternalEntries): void {
  tables.remove(routeTable(entries.ip), entries.ip.text);
  removeSourceFilters(tables, entries.ip, entries.sources);
  tables.remove(natTable(entries.ip), natKey(entries.ip, entries.vlan));
}

export function insertSourceFilters(tables: Tables, ip: Ip, sources: Source[] | null): void {
  for (const key of filterKeys(ip, sources)) tables.insert(filterTable(ip), key, true);
}

export function removeSourceFilters(tables: Tables, ip: Ip, sources: Source[] | null): void {
  for (const key of filterKeys(ip, sources)) tables.remove(filterTable(ip), key);
}

/** A source of the other family than the group is reported, and filters nothing. */
function filterKeys(ip: Ip, sources: Source[] | null): string[] {
  const any = `${ip.family === 4 ? '0.0.0.0/0' : '::/0'} ${ip.text}`;
  if (sources === null || sources.length === 0 || sources.some((source) => source.kind === 'any')) return [any];
  return sources.flatMap((source) => {
    if (source.kind === 'subnet') return ip.family === 4 ? [`${source.cidr} ${ip.text}`] : [];
    return source.kind === 'exact' && source.ip.family === ip.family ? [`${source.ip.text} ${ip.text}`] : [];
  });
}

function insertNat(tables: Tables, { ip, nat, vlan }: ExternalEntries): void {
  checkVlan(vlan);
  tables.insert(natTable(ip), natKey(ip, vlan), natEntry(nat));
}

/** In place while the VLAN, which is part of the key, stays. */
export function replaceNat(tables: Tables, before: ExternalEntries, after: ExternalEntries): void {
  if (before.vlan === after.vlan) {
    tables.update(natTable(after.ip), natKey(after.ip, after.vlan), natEntry(after.nat));
    return;
  }
  checkVlan(after.vlan);
  tables.remove(natTable(after.ip), natKey(after.ip, before.vlan));
  insertNat(tables, after);
  tables.update(routeTable(after.ip), after.ip.text, { vlan: after.vlan });
}

function checkVlan(vlan: number | null): void {
  if (vlan !== null && (vlan < 2 || vlan > 4095)) throw invalid(`Invalid VLAN tag: ${vlan}`);
}

function natEntry(nat: Nat | null): unknown {
  return nat && { target: nat.ip.text, mac: nat.mac, vni: nat.vni };
}

const natKey = (ip: Ip, vlan: number | null): string => `${ip.text} ${vlan ?? 'untagged'}`;
const natTable = (ip: Ip): TableName => (ip.family === 4 ? 'natV4' : 'natV6');
const filterTable = (ip: Ip): TableName => (ip.family === 4 ? 'sourceV4' : 'sourceV6');
const routeTable = (ip: Ip): TableName => (ip.family === 4 ? 'routeV4' : 'routeV6');
