/**
 * The copies that leave a switch, and their form. Invariants: a copy never leaves by the port the packet came in by;
 * only tag 0 (all copies) and tag 2 (ports whose decapsulation bit is set) take the outer header off; a copy counts as
 * sent only where a link is up.
 */
import type { GeneveFrame } from './packet';
import type { Hit, Replication, WalkSwitch } from './read-switch';

export interface Copy {
  /** `rear4/0`. */
  port: string;
  /** As which kind of member the port is in the group. */
  member: 'External' | 'Underlay';
  form: 'geneve' | 'decapsulated';
  vlan: number | null;
  /** Of the outermost header that is left. */
  ttl: number;
  /** Null: it is sent. */
  dropped: 'multicast_path_filtered' | 'link_down' | null;
}

interface Decision {
  replication: Replication;
  route: { vlan: number | null };
  ingress: string;
}

export function replicate(
  frame: GeneveFrame,
  { replication, route, ingress }: Decision,
  at: WalkSwitch,
  found: <T>(hit: Hit<T>) => T | null,
): Copy[] {
  const { externalGroup, underlayGroup } = replication;
  const copies = [
    ...(frame.tag === 1 ? [] : at.ports(externalGroup).map((port) => ({ port, member: 'External' as const }))),
    ...(frame.tag === 0 ? [] : at.ports(underlayGroup).map((port) => ({ port, member: 'Underlay' as const }))),
  ];
  // The mask of the group is looked up only where it can matter, by the id that External copies carry.
  const decap = frame.tag === 2 ? found(at.decap(externalGroup)) : null;
  const arrivedAt = ingress.includes('/') ? ingress : `${ingress}/0`;
  return copies.map(({ port, member }) => {
    const dropped = port === arrivedAt ? 'multicast_path_filtered' : at.isUp(port) ? null : 'link_down';
    return { port, member, ...formOf(frame, route, decap, port), dropped };
  });
}

/** The mask knows ports by number alone: `rear5` is decapsulated where `qsfp5` is to be. */
function formOf(
  frame: GeneveFrame,
  route: { vlan: number | null },
  decap: { ports: number[]; vlan: number | null } | null,
  port: string,
): Pick<Copy, 'form' | 'vlan' | 'ttl'> {
  const inside = { form: 'decapsulated' as const, ttl: frame.inner.ttl - 1 };
  if (frame.tag === 0) return { ...inside, vlan: route.vlan };
  if (decap?.ports.includes(portNumber(port))) return { ...inside, vlan: decap.vlan };
  return { form: 'geneve', vlan: route.vlan, ttl: frame.hopLimit - 1 };
}

function portNumber(port: string): number {
  return Number(/^\D+(\d+)/.exec(port)?.[1]);
}
