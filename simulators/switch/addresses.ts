/**
 * IP addresses as the daemon reads, orders and writes them.
 *
 * Invariant: two texts of one address become one `Ip`, whose `key` sorts as the daemon sorts: IPv4 before IPv6,
 * numerically.
 */
import { isIPv4, isIPv6 } from 'node:net';

export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** RFC 5952 text. */
  readonly text: string;
  readonly key: string;
}

/** Null where Rust's parser would refuse: brackets, zones, leading zeros in an octet. */
export function parseIp(text: string): Ip | null {
  return parseIpv4(text) ?? parseIpv6(text);
}

export function parseIpv6(text: string): Ip | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  const quad = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = quad ? `${quad[1]}${pair(quad[2], quad[3])}:${pair(quad[4], quad[5])}` : text;
  const [head = '', tail] = hex.split('::');
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  const all = [...left, ...zeros, ...right];
  const value = all.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
  return { family: 6, value, text: writeIpv6(all), key: `6${value.toString(16).padStart(32, '0')}` };
}

function parseIpv4(text: string): Ip | null {
  if (!isIPv4(text)) return null;
  const value = text.split('.').reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  return { family: 4, value, text, key: `4${value.toString(16).padStart(8, '0')}` };
}

/** The network address of an IPv4 network. */
export function networkOf(address: Ip, bits: number): Ip {
  const shift = BigInt(32 - bits);
  const value = (address.value >> shift) << shift;
  const octets = [24n, 16n, 8n, 0n].map((at) => String((value >> at) & 255n));
  return parseIpv4(octets.join('.')) ?? address;
}

function pair(high = '0', low = '0'): string {
  return ((Number(high) << 8) | Number(low)).toString(16);
}

function words(part: string): number[] {
  return part === '' ? [] : part.split(':').map((word) => parseInt(word, 16));
}

function writeIpv6(all: number[]): string {
  if (all.slice(0, 5).every((word) => word === 0) && all[5] === 0xffff) {
    const [a = 0, b = 0] = all.slice(6);
    return `::ffff:${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
  }
  let [start, length] = [0, 0];
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && all[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const hex = all.map((word) => word.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Whether the first `bits` bits of the address are those of `prefix`. */
export function within(ip: Ip, prefix: string, bits: number): boolean {
  const network = parseIp(prefix);
  if (!network || network.family !== ip.family) return false;
  const shift = BigInt((ip.family === 4 ? 32 : 128) - bits);
  return ip.value >> shift === network.value >> shift;
}

export const isMulticast = (ip: Ip): boolean => within(ip, '224.0.0.0', 4) || within(ip, 'ff00::', 8);
export const isSsm = (ip: Ip): boolean => within(ip, '232.0.0.0', 8) || within(ip, 'ff30::', 12);
/** The subnet that API 8 and later reserves for underlay groups. */
export const isUnderlaySubnet = (ip: Ip): boolean => within(ip, 'ff04::', 64);
