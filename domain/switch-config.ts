/**
 * What one group looks like on one switch, and the edits that lead from what is there to what should be.
 *
 * A group is two objects of the switch daemon: the *underlay* group (address in ff04::/64, owns the ports) and the
 * *external* group (the customer's address, NAT target = the underlay group). Invariants kept here: members are distinct and
 * sorted, sources are a sorted set, underlay is created before and deleted after external, and nothing is edited that already
 * has the wanted meaning (switch-local ids are never compared).
 */

export type Direction = 'Underlay' | 'External';

export interface PortMember {
  /** `rear0`…`rear31` or `qsfp0`…`qsfp31`; the link is always 0. */
  port: string;
  direction: Direction;
}

/** The whole desired configuration of one group on one switch. */
export interface SwitchConfig {
  tag: string;
  underlayIp: string;
  externalIp: string;
  /** 24-bit Geneve VNI of the NAT target. */
  vni: number;
  /** 2–4094, or null for untagged. */
  vlan: number | null;
  /** Sorted, distinct; empty = any source. */
  sources: string[];
  /** Sorted, distinct. */
  members: PortMember[];
}

export interface UnderlayObject {
  kind: 'underlay';
  ip: string;
  tag: string;
  members: PortMember[];
}

export interface ExternalObject {
  kind: 'external';
  ip: string;
  tag: string;
  /** NAT target; null only on an object that somebody else left behind. */
  nat: { underlayIp: string; mac: string; vni: number } | null;
  vlan: number | null;
  sources: string[];
}

export type SwitchObject = UnderlayObject | ExternalObject;

/** What a switch holds at the two addresses of a group. */
export interface ObservedGroup {
  underlay: UnderlayObject | null;
  external: ExternalObject | null;
}

export type SwitchEdit =
  | { op: 'createUnderlay'; ip: string; tag: string; members: PortMember[] }
  | { op: 'replaceMembers'; ip: string; tag: string; members: PortMember[] }
  | { op: 'createExternal'; external: ExternalObject & { nat: NonNullable<ExternalObject['nat']> } }
  | { op: 'replaceExternal'; external: ExternalObject & { nat: NonNullable<ExternalObject['nat']> } }
  | { op: 'deleteExternal'; ip: string; tag: string }
  | { op: 'deleteUnderlay'; ip: string; tag: string };
