/**
 * Request bodies of the multicast endpoints for each range of API versions, decoded into one form. Invariant: fields
 * are in the order the daemon declares them, because the first one missing is the one it names.
 */
import { isUnderlaySubnet, within, type Ip } from './addresses';
import { boolean, converted, list, nullable, string, struct, text, unsigned, type Decoder } from './decode';
import { oneOf, tagged } from './decode-enums';
import { ip, ipv6, portId } from './extract';
import { BodyError } from './json-reader';

export interface Member {
  port: string;
  link: number;
  direction: 'Underlay' | 'External';
}
export interface Nat {
  ip: Ip;
  mac: number[];
  vni: number;
}
/** `any`, one address, or (before API 7) a network, which keeps its text. */
export type Source = { kind: 'any' } | { kind: 'exact'; ip: Ip } | { kind: 'subnet'; network: Ip; cidr: string };
export interface UnderlayBody {
  ip: Ip;
  tag: string | null;
  members: Member[];
}
export interface ExternalBody {
  ip: Ip;
  tag: string | null;
  nat: Nat | null;
  vlan: number | null;
  /** Null differs from `[]` in an update. */
  sources: Source[] | null;
}
export type AddressRule = (address: Ip) => string | null;

/** Which underlay addresses a version takes at all; a text says why not. */
export const strictUnderlay: AddressRule = (address) =>
  isUnderlaySubnet(address) ? null : `Address ${address.text} is not in underlay multicast subnet (must be ff04::/64)`;
export const adminLocal: AddressRule = (address) =>
  within(address, 'ff04::', 16) ? null : `Address ${address.text} is not admin-local (must be ff04::/16)`;
export const adminScoped: AddressRule = (address) =>
  ['ff04::', 'ff05::', 'ff08::'].some((scope) => within(address, scope, 16))
    ? null
    : `Address ${address.text} is not admin-scoped (must be ff04::/16, ff05::/16 or ff08::/16)`;

export function underlayAddress(rule: AddressRule): (value: string) => Ip {
  return (value) => checked(ipv6(value), rule);
}

function checked(address: Ip, rule: AddressRule): Ip {
  const reason = rule(address);
  if (reason !== null) throw new BodyError(reason);
  return address;
}

const optional = <T>(decode: Decoder<T>) => ({ decode: nullable(decode), missing: () => null });
const tag = optional(string);

const member: Decoder<Member> = converted(
  struct('MulticastGroupMember', {
    port_id: { decode: converted(string, portId) },
    link_id: { decode: unsigned(8) },
    direction: { decode: oneOf('Underlay', 'External') },
  }),
  (wire) => ({ port: wire.port_id, link: wire.link_id, direction: wire.direction }),
);

const vni = converted(unsigned(32), (value) => {
  if (value >= 2 ** 24) throw new BodyError('VNI out of 24-bit range');
  return value;
});
const nat: Decoder<Nat> = converted(
  struct('NatTarget', {
    internal_ip: { decode: text(ipv6) },
    inner_mac: { decode: struct('MacAddr', { a: { decode: list(unsigned(8), 6) } }) },
    vni: { decode: vni },
  }),
  (wire) => ({ ip: wire.internal_ip, mac: wire.inner_mac.a, vni: wire.vni }),
);

const exact: Decoder<Source> = converted(text(ip), (address) => ({ kind: 'exact', ip: address }));
const subnet: Decoder<Source> = text((cidr) => {
  const [address = '', bits = ''] = cidr.split('/');
  const network = ip(address);
  if (network.family !== 4 || !/^\d+$/.test(bits) || Number(bits) > 32) throw new BodyError('invalid IPv4 network');
  return { kind: 'subnet', network, cidr: `${network.text}/${Number(bits)}` };
});
/** API 7 replaced networks by `Any`. */
const source = (version: number): Decoder<Source> =>
  version >= 7
    ? tagged<Source>({ Exact: exact, Any: { kind: 'any' } })
    : tagged<Source>({ Exact: exact, Subnet: subnet });

const forwarding = (version: number) => ({
  internal_forwarding: { decode: struct('InternalForwarding', { nat_target: optional(nat) }) },
  external_forwarding: { decode: struct('ExternalForwarding', { vlan_id: optional(unsigned(16)) }) },
  sources: optional(list(source(version))),
});

export function createUnderlay(rule: AddressRule): Decoder<UnderlayBody> {
  const decode = struct('MulticastGroupCreateUnderlayEntry', {
    group_ip: { decode: converted(text(ipv6), (address) => checked(address, rule)) },
    tag,
    members: { decode: list(member) },
  });
  return converted(decode, (wire) => ({ ip: wire.group_ip, tag: wire.tag, members: wire.members }));
}

/** `tag` is null where the version has it in the query. */
export function updateUnderlay(version: number): Decoder<{ tag: string | null; members: Member[] }> {
  const members = { decode: list(member) };
  if (version < 8) return struct('MulticastGroupUpdateUnderlayEntry', { tag, members });
  return converted(struct('MulticastGroupUpdateUnderlayEntry', { members }), (wire) => ({ tag: null, ...wire }));
}

export function createExternal(version: number): Decoder<ExternalBody> {
  const fields = { group_ip: { decode: text(ip) }, tag, ...forwarding(version) };
  return converted(struct('MulticastGroupCreateExternalEntry', fields), (wire) =>
    external(wire, wire.group_ip, wire.tag),
  );
}

export function updateExternal(version: number, address: Ip): Decoder<ExternalBody> {
  const name = 'MulticastGroupUpdateExternalEntry';
  if (version < 8) {
    return converted(struct(name, { tag, ...forwarding(version) }), (wire) => external(wire, address, wire.tag));
  }
  return converted(struct(name, forwarding(version)), (wire) => external(wire, address, null));
}

interface Forwarding {
  internal_forwarding: { nat_target: Nat | null };
  external_forwarding: { vlan_id: number | null };
  sources: Source[] | null;
}

function external(wire: Forwarding, address: Ip, groupTag: string | null): ExternalBody {
  const { nat_target } = wire.internal_forwarding;
  return { ip: address, tag: groupTag, nat: nat_target, vlan: wire.external_forwarding.vlan_id, sources: wire.sources };
}

const speeds = ['0G', '1G', '10G', '25G', '40G', '50G', '100G', '200G', '400G'].map((speed) => `Speed${speed}`);
export interface LinkBody {
  lane: number | null;
  speed: string;
  fec: string | null;
  autoneg: boolean;
  kr: boolean;
}
const off = { decode: boolean, missing: () => false };
export const createLink: Decoder<LinkBody> = struct('LinkCreate', {
  lane: optional(unsigned(8)),
  speed: { decode: oneOf(...speeds) },
  fec: optional(oneOf<string>('None', 'Firecode', 'RS')),
  autoneg: off,
  kr: off,
});
