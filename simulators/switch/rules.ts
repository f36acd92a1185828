/**
 * What a daemon of one API level demands of addresses, sources, NAT targets and tags. This file has the rules of level
 * 13 (multicast is the same since 8); `v1.ts` has those of level 1. Invariant: nothing else in the simulator asks which
 * level.
 */
import { invalid, type Refusal } from '../dropshot';
import { isMulticast, isSsm, isUnderlaySubnet, networkOf, within, type Ip } from './addresses';
import { strictUnderlay, type AddressRule, type Nat, type Source } from './bodies';
import { unavailable } from './reply';

export interface Rules {
  /** Newest API version the daemon takes. */
  newest: number;
  underlayAddress: AddressRule;
  isUnderlay(ip: Ip): boolean;
  /** Reads sources of an older request as the daemon does on arrival. */
  readSources(sources: Source[] | null): Source[] | null;
  checkGroup(ip: Ip, sources: Source[] | null): void;
  checkCreatable(ip: Ip): void;
  checkNat(nat: Nat): void;
  /** What the record keeps; `previous` is what it had before an update. */
  keptSources(given: Source[] | null, previous: Source[] | null): Source[] | null;
  keptVlan(given: number | null, previous: number | null): number | null;
  newTag(given: string | null, ip: Ip): string | null;
  checkTagFormat(tag: string | null): void;
  /** Refuses a wrong tag, or returns the tag the group has from now on. */
  updatedTag(given: string | null, current: string | null): string | null;
  /** An underlay group that an external group names cannot be deleted. */
  guardsReferences: boolean;
  resetsExternalFirst: boolean;
  /** Emptying a group takes its ports out of the PRE. */
  emptiesReplication: boolean;
  idsExhausted: Refusal;
}

export const level13: Rules = {
  newest: 13,
  underlayAddress: strictUnderlay,
  isUnderlay: isUnderlaySubnet,
  readSources: (sources) => sources?.map(asExactOrAny) ?? null,
  checkGroup(ip, sources) {
    for (const source of sources ?? []) if (source.kind === 'exact') checkExactSource(source.ip);
    if (!isMulticast(ip)) throw invalid(`${ip.text} is not a multicast address`);
    if (isSsm(ip)) checkSsm(ip, sources ?? []);
    else checkAsm(ip);
  },
  checkCreatable(ip) {
    if (!isUnderlaySubnet(ip)) return;
    throw invalid(
      `${ip.text} is in the reserved underlay multicast subnet (ff04::/64, within admin-local scope ff04::/16) and must be created via the internal multicast API`,
    );
  },
  checkNat(nat) {
    checkMac(nat.mac);
    if (isUnderlaySubnet(nat.ip)) return;
    throw invalid(
      `NAT target internal IP address ${nat.ip.text} is not in the reserved underlay multicast subnet (ff04::/64)`,
    );
  },
  keptSources: (given, previous) => (given === null ? previous : canonical(given)),
  keptVlan: (given) => given,
  newTag: (given, ip) => given ?? `${crypto.randomUUID()}:${ip.text}`,
  checkTagFormat(tag) {
    if (tag === null || tag === '') throw invalid('tag cannot be empty');
    if (Buffer.byteLength(tag) > 80) throw invalid('tag cannot exceed 80 bytes');
    if (/^[A-Za-z0-9_.:-]+$/.test(tag)) return;
    throw invalid('tag must contain only ASCII alphanumeric characters, hyphens, underscores, colons, or periods');
  },
  updatedTag(given, current) {
    if (given !== null && given !== current) throw invalid("tag mismatch: provided tag does not match the group's tag");
    return current;
  },
  guardsReferences: true,
  resetsExternalFirst: true,
  emptiesReplication: true,
  idsExhausted: unavailable(),
};

function asExactOrAny(source: Source): Source {
  if (source.kind !== 'subnet') return source;
  const bits = Number(source.cidr.split('/')[1]);
  return bits === 0 ? { kind: 'any' } : { kind: 'exact', ip: networkOf(source.network, bits) };
}

/** Any source at all is no list; otherwise a sorted set. */
function canonical(sources: Source[]): Source[] | null {
  const exact = sources.filter((source) => source.kind === 'exact');
  if (exact.length === 0 || exact.length < sources.length) return null;
  const byKey = new Map(exact.map((source) => [source.ip.key, source]));
  return [...byKey.keys()].toSorted().flatMap((key) => byKey.get(key) ?? []);
}

export function checkExactSource(ip: Ip): void {
  if (isMulticast(ip)) {
    throw invalid(`Source IP ${ip.text} must be a unicast address (multicast addresses are not allowed)`);
  }
  const banned =
    ip.family === 4
      ? within(ip, '127.0.0.0', 8) || within(ip, '169.254.0.0', 16) || ['0.0.0.0', '255.255.255.255'].includes(ip.text)
      : within(ip, 'fe80::', 10) || ['::', '::1'].includes(ip.text);
  const kinds = `loopback, ${ip.family === 4 ? 'broadcast, ' : ''}unspecified, and link-local`;
  if (banned) throw invalid(`Source IP ${ip.text} is not a valid source address (${kinds} addresses are not allowed)`);
}

export function checkSsm(ip: Ip, sources: Source[]): void {
  const what =
    ip.family === 4 ? 'a Source-Specific Multicast address' : 'an IPv6 Source-Specific Multicast address (ff3x::/32)';
  if (sources.length === 0) throw invalid(`${ip.text} is ${what} and requires at least one source to be defined`);
  if (!sources.some((source) => source.kind === 'any')) return;
  throw invalid(`${ip.text} is ${what} and requires specific sources (IpSrc::Any is not allowed)`);
}

export function checkAsm(ip: Ip): void {
  if (within(ip, '224.0.0.0', 24)) throw invalid(`${ip.text} is in the reserved link-local multicast subnet`);
  const reserved = ['ff00::', 'ff01::', 'ff02::'].find((prefix) => within(ip, prefix, 16));
  if (reserved) throw invalid(`${ip.text} is in the reserved multicast subnet ${reserved}/16`);
}

export function checkMac(mac: number[]): void {
  if (((mac[0] ?? 0) & 1) === 1) return;
  const text = mac.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  throw invalid(`NAT target inner MAC address ${text} is not a multicast MAC address`);
}
