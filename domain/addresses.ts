/**
 * Addresses of multicast groups and of their sources: reading, classifying, and the rules of what a group may have.
 *
 * Invariant: an `IpAddress` was read strictly (four plain decimal parts, or RFC 4291 text without a zone) and `text` is the one
 * canonical form, the same that Postgres prints. Rules answer with a *fault*, a text that says what is wrong, or null: the edge
 * that asked decides what becomes of it. The checks of table multicast_group say the same in SQL.
 */
import ipaddr from 'ipaddr.js';
import { LIMITS } from './limits';

export type IpFamily = 4 | 6;

export interface IpAddress {
  family: IpFamily;
  value: bigint;
  text: string;
}

/** An aligned run of addresses, both ends included. */
export interface Block {
  name: string;
  family: IpFamily;
  first: bigint;
  last: bigint;
}

const IPV4_TEXT = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_CHARACTERS = /^[0-9a-fA-F:.]{2,45}$/;

/** Reads an address, or null. Leading zeros, short forms, hexadecimal parts and zone ids are not addresses here. */
export function parseAddress(text: string): IpAddress | null {
  if (IPV4_TEXT.test(text)) return addressOf(4, bytesToValue(ipaddr.IPv4.parse(text).toByteArray()));
  if (!IPV6_CHARACTERS.test(text) || !text.includes(':')) return null;
  const hexadecimal = withoutDottedTail(text);
  if (hexadecimal === null || !ipaddr.IPv6.isValid(hexadecimal)) return null;
  return addressOf(6, bytesToValue(ipaddr.IPv6.parse(hexadecimal).toByteArray()));
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`: the library takes any dotted tail for a mapped address. */
function withoutDottedTail(text: string): string | null {
  if (!text.includes('.')) return text;
  const end = text.lastIndexOf(':') + 1;
  const tail = text.slice(end);
  if (!IPV4_TEXT.test(tail)) return null;
  const value = bytesToValue(ipaddr.IPv4.parse(tail).toByteArray());
  return `${text.slice(0, end)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

export function addressOf(family: IpFamily, value: bigint): IpAddress {
  return { family, value, text: family === 4 ? formatIpv4(value) : formatIpv6(value) };
}

function block(cidr: string): Block {
  const [base = '', length = ''] = cidr.split('/');
  const parsed = parseAddress(base);
  if (parsed === null) throw new Error(`not an address block: ${cidr}`);
  const free = BigInt((parsed.family === 4 ? 32 : 128) - Number(length));
  return { name: cidr, family: parsed.family, first: parsed.value, last: parsed.value + (1n << free) - 1n };
}

export const MULTICAST_BLOCKS: readonly Block[] = [block('224.0.0.0/4'), block('ff00::/8')];
/** Source-specific: 232/8, and IPv6 with flags nibble 3, in any scope. */
export const SSM_BLOCKS: readonly Block[] = [block('232.0.0.0/8'), block('ff30::/12')];
/** Multicast addresses that no group may have: link-local and administered elsewhere, or kept for the underlay. */
export const RESERVED_BLOCKS: readonly Block[] = [
  '224.0.0.0/24',
  '233.0.0.0/8',
  '239.0.0.0/8',
  'ff01::/16',
  'ff02::/16',
  'ff04::/16',
  'ff05::/16',
  'ff08::/16',
].map(block);
const SPECIAL_SOURCES: readonly [string, Block][] = [
  ['a loopback address', block('127.0.0.0/8')],
  ['a broadcast address', block('255.255.255.255/32')],
  ['an unspecified address', block('0.0.0.0/32')],
  ['a link-local address', block('169.254.0.0/16')],
  ['a loopback address', block('::1/128')],
  ['an unspecified address', block('::/128')],
  ['a link-local address', block('fe80::/10')],
  // Nothing on the wire carries it; the sender would be the IPv4 address.
  ['an IPv4 address written as IPv6', block('::ffff:0:0/96')],
];

export function within(address: IpAddress, block: Block): boolean {
  return address.family === block.family && address.value >= block.first && address.value <= block.last;
}

export function isMulticast(address: IpAddress): boolean {
  return MULTICAST_BLOCKS.some((block) => within(address, block));
}

/** Whether packets to this address are accepted only from named sources. */
export function isSourceSpecific(address: IpAddress): boolean {
  return SSM_BLOCKS.some((block) => within(address, block));
}

/** Why no group may have this address, or null. */
export function groupAddressFault(address: IpAddress): string | null {
  if (!isMulticast(address)) return `${address.text} is not a multicast address`;
  const reserved = RESERVED_BLOCKS.find((block) => within(address, block));
  if (reserved === undefined) return null;
  const why = /^ff0[458]/.test(reserved.name) ? ', kept for the underlay' : '';
  return `${address.text} is in the reserved multicast subnet ${reserved.name}${why}`;
}

/** Why no group may have this source, or null. */
export function sourceFault(source: IpAddress): string | null {
  if (isMulticast(source)) return `${source.text} is a multicast address, a source must be unicast`;
  const special = SPECIAL_SOURCES.find(([, block]) => within(source, block));
  return special === undefined ? null : `${source.text} is ${special[0]} and cannot be a source`;
}

/** Why these cannot be the sources of one group, whatever its address, or null. */
export function sourceListFault(sources: readonly IpAddress[]): string | null {
  if (sources.length > LIMITS.sourcesPerGroup) {
    return `${sources.length} sources given, a group has at most ${LIMITS.sourcesPerGroup}`;
  }
  const seen = new Set<string>();
  for (const source of sources) {
    const fault = sourceFault(source);
    if (fault !== null) return fault;
    if (seen.has(source.text)) return `source ${source.text} is given twice`;
    seen.add(source.text);
  }
  const mixed = sources.find((source) => source.family !== sources[0]?.family);
  return mixed === undefined ? null : `sources ${sources[0]?.text} and ${mixed.text} are of different IP versions`;
}

/** Why a group with this address cannot have these sources, or null. */
export function sourcesForAddressFault(address: IpAddress, sources: readonly IpAddress[]): string | null {
  const foreign = sources.find((source) => source.family !== address.family);
  if (foreign !== undefined) {
    return `source ${foreign.text} is IPv${foreign.family}, but ${address.text} is IPv${address.family}`;
  }
  if (isSourceSpecific(address)) {
    return sources.length > 0 ? null : `SSM multicast address ${address.text} requires one or more source IPs`;
  }
  if (sources.length === 0) return null;
  return `ASM multicast addresses cannot have sources: ${address.text} is outside the SSM ranges 232.0.0.0/8 and ff30::/12`;
}

/** By number, not by text, so that lists compare alike everywhere. */
export function sortAddresses(addresses: readonly IpAddress[]): IpAddress[] {
  return [...addresses].sort((a, b) => a.family - b.family || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
}

function bytesToValue(bytes: number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

/** RFC 5952; dotted only for mapped and compatible IPv4, where Postgres does it too. */
function formatIpv6(value: bigint): string {
  const high = value >> 32n;
  if (high === 0xffffn) return `::ffff:${formatIpv4(value & 0xffff_ffffn)}`;
  if (high === 0n && value > 0xffffn) return `::${formatIpv4(value)}`;
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(16 * (7 - i))) & 0xffffn));
  return new ipaddr.IPv6(groups).toRFC5952String();
}
