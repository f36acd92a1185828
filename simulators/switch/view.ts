/**
 * How a record is shown. Invariant: what a group *is* (underlay or external) follows from its address alone, so even a
 * record that an update has filled wrongly is shown by its address; null fields are written, never left out.
 */
import type { Source } from './bodies';
import type { GroupRecord } from './groups';
import type { Rules } from './rules';

export function underlayView(record: GroupRecord) {
  return {
    group_ip: record.ip.text,
    external_group_id: record.ids.external,
    underlay_group_id: record.ids.underlay,
    tag: record.tag,
    members: record.members.map(({ port, link, direction }) => ({ port_id: port, link_id: link, direction })),
  };
}

export function externalView(record: GroupRecord, version: number) {
  const { nat } = record;
  const target = nat && { internal_ip: nat.ip.text, inner_mac: { a: nat.mac }, vni: nat.vni };
  return {
    group_ip: record.ip.text,
    external_group_id: record.ids.external,
    tag: record.tag,
    internal_forwarding: { nat_target: target },
    external_forwarding: { vlan_id: record.vlan },
    sources: record.sources?.map((source) => sourceView(source, version)) ?? null,
  };
}

function sourceView(source: Source, version: number): unknown {
  if (source.kind === 'exact') return { Exact: source.ip.text };
  if (source.kind === 'subnet') return { Subnet: source.cidr };
  return version < 7 ? { Subnet: '0.0.0.0/0' } : 'Any';
}

export function groupView(rules: Rules, version: number): (record: GroupRecord) => unknown {
  return (record) =>
    rules.isUnderlay(record.ip)
      ? { kind: 'underlay', ...underlayView(record) }
      : { kind: 'external', ...externalView(record, version) };
}
