/**
 * A stub of the sled's packet engine: per virtual NIC, the groups it was prepared for at registration and those it accepts.
 * Invariants: only what was joined live is accepted — a prepared group lets nothing through; address and sources together make
 * an entry, so one group may be there twice with different sources, and is then accepted from all of them.
 */
import ipaddr from 'ipaddr.js';
import type { InstanceMulticastMembership } from '../../dataplane/sled-agent/wire';

export interface Nic {
  id: string;
  primary: boolean;
  mac: string | null;
  ip: string | null;
  vni: number | null;
}

export interface Port {
  nic: Nic;
  prepared: readonly InstanceMulticastMembership[];
  joined: readonly InstanceMulticastMembership[];
}

/** The engine has no such NIC, or will not take such a group. */
export class OpteError extends Error {}

export class OpteStub {
  private readonly ports = new Map<string, Port>();

  createPort(nic: Nic, prepared: readonly InstanceMulticastMembership[]): void {
    this.ports.set(nic.id, { nic, prepared, joined: [] });
  }

  removePort(nicId: string): void {
    this.ports.delete(nicId);
  }

  port(nicId: string): Port | null {
    return this.ports.get(nicId) ?? null;
  }

  /** Replaces the list of groups the NIC accepts. Throws OpteError and changes nothing if one of them is not multicast. */
  ensureGroups(nicId: string, joined: readonly InstanceMulticastMembership[]): void {
    const port = this.ports.get(nicId);
    if (port === undefined) throw new OpteError(`no port for NIC ${nicId}`);
    const unicast = joined.find(({ group_ip: group }) => !isMulticast(group));
    if (unicast !== undefined) throw new OpteError(`${unicast.group_ip} is not a multicast address`);
    this.ports.set(nicId, { ...port, joined });
  }

  /** Forgets that the NIC was prepared for this entry. */
  unprepare(nicId: string, membership: InstanceMulticastMembership): void {
    const port = this.ports.get(nicId);
    if (port === undefined) return;
    this.ports.set(nicId, { ...port, prepared: port.prepared.filter((one) => !isSame(one, membership)) });
  }
}

/** Does a packet for `group` from `source` get through to this NIC? Addresses in any spelling. */
export function accepts(port: Pick<Port, 'joined'>, group: string, source: string): boolean {
  const from = spelling(source);
  return port.joined.some(
    (one) =>
      spelling(one.group_ip) === spelling(group) &&
      (one.sources.length === 0 || one.sources.map(spelling).includes(from)),
  );
}

/** Equality as the agent has it: the same address and the same list of sources in the same order, whatever the spelling. */
export function isSame(a: InstanceMulticastMembership, b: InstanceMulticastMembership): boolean {
  const key = ({ group_ip, sources }: InstanceMulticastMembership) => [group_ip, ...sources].map(spelling).join(' ');
  return key(a) === key(b);
}

function isMulticast(address: string): boolean {
  return ipaddr.parse(address).range() === 'multicast';
}

function spelling(address: string): string {
  return ipaddr.parse(address).toString();
}
