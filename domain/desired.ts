/**
 * From rows to the desired configuration of a group. Pure: the same rows always give the same configuration.
 *
 * A port is wanted when at least one live member is, or shall be, on the sled behind it: the set is of ports, so a port
 * survives as long as any member on that sled needs it.
 */
import type { PortMember, SwitchConfig } from './switch-config';

export interface Place {
  sledId: string;
  propolisId: string;
}

/** A membership that is not removed. */
export interface MemberFacts {
  location: Place | null;
  target: Place | null;
}

export interface GroupFacts {
  tag: string;
  ip: string;
  underlayIp: string;
  vni: number;
  vlan: number | null;
  /** Any order. */
  sources: string[];
  deleting: boolean;
}

/** A port that must stay out, and why. */
export interface Exclusion {
  port: string;
  reason: string;
}

/** Ports of all sleds that some member needs; a sled that is not registered has none. */
export function wantedPorts(members: MemberFacts[], portOfSled: ReadonlyMap<string, string>): string[] {
  const ports = new Set<string>();
  for (const place of members.flatMap(places)) {
    const port = portOfSled.get(place.sledId);
    if (port !== undefined) ports.add(port);
  }
  return [...ports].toSorted(byPort);
}

export function places(member: MemberFacts): Place[] {
  return [member.location, member.target].filter((place) => place !== null);
}

/** The configuration without uplinks, which differ from switch to switch; null when the group shall be absent. */
export function desiredConfig(group: GroupFacts, ports: string[]): SwitchConfig | null {
  if (group.deleting) return null;
  return {
    tag: group.tag,
    underlayIp: group.underlayIp,
    externalIp: group.ip,
    vni: group.vni,
    vlan: group.vlan,
    sources: [...new Set(group.sources)].toSorted(),
    members: ports.toSorted(byPort).map((port): PortMember => ({ port, direction: 'Underlay' })),
  };
}

/** The configuration for one switch: with the pool's uplinks that are on it. `uplinks` are `switchN.qsfpM`. */
export function onSwitch(config: SwitchConfig | null, slot: number, uplinks: string[]): SwitchConfig | null {
  if (config === null) return null;
  const prefix = `switch${slot}.`;
  const external = uplinks
    .filter((uplink) => uplink.startsWith(prefix))
    .map((uplink): PortMember => ({ port: uplink.slice(prefix.length), direction: 'External' }));
  return { ...config, members: [...config.members, ...external] };
}

export function underlayPorts(config: SwitchConfig | null): string[] {
  return (config?.members ?? []).filter((member) => member.direction === 'Underlay').map((member) => member.port);
}

export function withPorts(config: SwitchConfig, ports: string[]): SwitchConfig {
  return { ...config, members: ports.toSorted(byPort).map((port) => ({ port, direction: 'Underlay' })) };
}

/**
 * What a failed round goes back to: the last configuration that all had acknowledged, less the ports that nobody wants any
 * more. Removals only go forward. A group that was never acknowledged goes back to absence.
 */
export function restoreTarget(acknowledged: SwitchConfig | null, wanted: string[]): SwitchConfig | null {
  if (acknowledged === null) return null;
  const keep = new Set(wanted);
  return withPorts(
    acknowledged,
    underlayPorts(acknowledged).filter((port) => keep.has(port)),
  );
}

/** `+rear5 -rear6`, as people read a change of ports; `=` when only something else differs. */
export function describeChange(from: SwitchConfig | null, to: SwitchConfig | null): string {
  if (to === null) return 'remove';
  const before = new Set(from?.members.map((member) => member.port));
  const after = new Set(to.members.map((member) => member.port));
  const added = [...after].filter((port) => !before.has(port)).map((port) => `+${port}`);
  const removed = [...before].filter((port) => !after.has(port)).map((port) => `-${port}`);
  const change = [...added, ...removed].join(' ');
  return (from === null ? ['create', change] : [change || '=']).filter((part) => part !== '').join(' ');
}

/** rear2 before rear10. */
export function byPort(a: string, b: string): number {
  return Number(a.replace(/\D+/g, '')) - Number(b.replace(/\D+/g, '')) || (a < b ? -1 : a > b ? 1 : 0);
}
