/**
 * A switch as the packet path sees it, read from a dump of its simulator (`GET /sim/dump`). Invariant: only what the
 * hardware holds is looked at — tables, PRE groups, links — never the records the daemon reports, because after a failed
 * update the two differ. The one exception is `underlayOf`, which stands for what the control plane told the sleds.
 */
import { z } from 'zod';
import { parseIp, within, type Ip } from '../switch/addresses';

const table = <T extends z.ZodType>(entry: T) => z.record(z.string(), entry);
const nat = table(z.object({ target: z.string() }).nullable());
const route = table(z.object({ vlan: z.number().nullable() }));
const sources = table(z.unknown());

const SwitchDump = z.object({
  api_level: z.number(),
  groups: z.array(
    z.object({
      group_ip: z.string(),
      internal_forwarding: z.object({ nat_target: z.object({ internal_ip: z.string() }).nullable() }).optional(),
    }),
  ),
  pre: table(z.array(z.string())),
  links_up: z.array(z.string()),
  tables: z.object({
    natV4: nat,
    natV6: nat,
    routeV4: route,
    routeV6: route,
    sourceV4: sources,
    sourceV6: sources,
    replication: table(z.object({ externalGroup: z.number(), underlayGroup: z.number() })),
    decap: table(z.object({ ports: z.array(z.number()), vlan: z.number().nullable() })),
  }),
});

/** What a lookup found; `entry` null = nothing. */
export interface Hit<T> {
  table: string;
  key: string;
  entry: T | null;
}

export interface Replication {
  externalGroup: number;
  underlayGroup: number;
}

export interface WalkSwitch {
  id: string;
  /** Level 1 has no VLAN in its NAT key, and filters the sources of source-specific groups only. */
  apiLevel: number;
  nat(destination: Ip, vlan: number | null): Hit<{ target: Ip }>;
  /** The longest prefix with the source in it. */
  source(source: Ip, destination: Ip): Hit<string>;
  replication(outer: Ip): Hit<Replication>;
  route(destination: Ip): Hit<{ vlan: number | null }>;
  decap(replicationId: number): Hit<{ ports: number[]; vlan: number | null }>;
  /** Ports of a PRE group, `rear4/0`. */
  ports(group: number): string[];
  isUp(port: string): boolean;
  /** Outer destination of the group's packets, or null if the switch has no such group. */
  underlayOf(destination: Ip): Ip | null;
}

/** Throws ZodError for what is not a dump of a switch simulator. */
export function readSwitch(id: string, dump: unknown): WalkSwitch {
  const { api_level: apiLevel, groups, pre, links_up, tables } = SwitchDump.parse(dump);
  const up = new Set(links_up);
  const filters = { 4: filtersOf(tables.sourceV4), 6: filtersOf(tables.sourceV6) };
  const targets = new Map(groups.map((group) => [group.group_ip, group.internal_forwarding?.nat_target?.internal_ip]));

  return {
    id,
    apiLevel,
    nat(destination, vlan) {
      const entries = destination.family === 4 ? tables.natV4 : tables.natV6;
      const wanted = apiLevel === 1 ? `${destination.text} *` : `${destination.text} ${vlan ?? 'untagged'}`;
      const found = apiLevel === 1 ? anyVlan(entries, destination) : entries[wanted];
      const target = parseIp(found?.target ?? '');
      return { table: `natV${destination.family}`, key: wanted, entry: target && { target } };
    },
    source(source, destination) {
      const networks = filters[destination.family].get(destination.text) ?? [];
      const fitting = networks.filter(({ prefix, bits }) => within(source, prefix, bits));
      const longest = fitting.toSorted((a, b) => b.bits - a.bits)[0];
      const key = `${source.text} ${destination.text}`;
      return {
        table: `sourceV${destination.family}`,
        key,
        entry: longest ? `${longest.prefix}/${longest.bits}` : null,
      };
    },
    replication: (outer) => hit('replication', outer.text, tables.replication),
    route: ({ family, text }) => hit(`routeV${family}`, text, family === 4 ? tables.routeV4 : tables.routeV6),
    decap: (replicationId) => hit('decap', String(replicationId), tables.decap),
    ports: (group) => pre[group] ?? [],
    isUp: (port) => up.has(port),
    underlayOf: (destination) => parseIp(targets.get(destination.text) ?? ''),
  };
}

function hit<T>(name: string, key: string, entries: Record<string, T>): Hit<T> {
  return { table: name, key, entry: entries[key] ?? null };
}

function anyVlan<T>(entries: Record<string, T>, destination: Ip): T | undefined {
  return Object.entries(entries).find(([key]) => key.startsWith(`${destination.text} `))?.[1];
}

interface Network {
  prefix: string;
  bits: number;
}

/** By group: the keys are written `10.0.0.1 239.1.1.1` or `0.0.0.0/0 239.1.1.1`. */
function filtersOf(entries: Record<string, unknown>): Map<string, Network[]> {
  const byGroup = new Map<string, Network[]>();
  for (const key of Object.keys(entries)) {
    const [network = '', group = ''] = key.split(' ');
    const [prefix = '', length] = network.split('/');
    const bits = Number(length ?? (prefix.includes(':') ? 128 : 32));
    byGroup.set(group, [...(byGroup.get(group) ?? []), { prefix, bits }]);
  }
  return byGroup;
}
