/**
 * From the wire to what the domain compares. Invariant: what a switch holds and the domain cannot express (another
 * link, a network as a source, no tag) stays visible as a difference; it is never rounded to something that looks
 * right.
 */
import type { PortMember, SwitchObject } from '../../domain/switch-config';
import type { Group, IpSource, Member, NatTarget } from './wire';

export function observed(group: Group): SwitchObject {
  const tag = group.tag ?? '';
  if (group.kind === 'underlay') return { kind: 'underlay', ip: group.group_ip, tag, members: members(group.members) };
  return {
    kind: 'external',
    ip: group.group_ip,
    tag,
    nat: natTarget(group.internal_forwarding.nat_target),
    vlan: group.external_forwarding.vlan_id,
    sources: sources(group.sources),
  };
}

/** A member on another link than 0 keeps the link in its port, `rear4/1`, and so equals no wanted member. */
function members(wire: Member[]): PortMember[] {
  const byName = new Map(
    wire.map(({ port_id, link_id, direction }) => {
      const port = link_id === 0 ? port_id : `${port_id}/${link_id}`;
      return [`${port} ${direction}`, { port, direction }];
    }),
  );
  return [...byName.values()];
}

function natTarget(wire: NatTarget | null) {
  if (!wire) return null;
  const mac = wire.inner_mac.a.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  return { underlayIp: wire.internal_ip, mac, vni: wire.vni };
}

/** Null, and any list with an any-source entry in it, admits every source: that is the empty list here. */
function sources(wire: IpSource[] | null): string[] {
  const texts = (wire ?? []).map((source) => {
    if (source === 'Any') return ANY;
    return 'Exact' in source ? source.Exact : source.Subnet;
  });
  return texts.includes(ANY) ? [] : [...new Set(texts)].toSorted();
}

/** How API 1 writes any source. */
const ANY = '0.0.0.0/0';
