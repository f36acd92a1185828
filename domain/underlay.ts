/**
 * From a group's external address to its address on the underlay, ff04::/64, and to the Ethernet address of the latter.
 *
 * The mapping folds the external address to 64 bits and mixes in a salt. Invariant: for one external address, different salts
 * give different underlay addresses, so a collision with another group is always resolved by the next salt. The salt that was
 * taken is stored with the address; nothing computes the mapping again afterwards.
 */
import { addressOf, isMulticast, parseAddress } from './addresses';
import { LIMITS } from './limits';

const PREFIX = 0xff04n << 112n;
const HOST_BITS = 64n;
const HOST_MASK = (1n << HOST_BITS) - 1n;

/** The underlay address of an external multicast address under one salt. */
export function underlayAddress(external: string, salt: number): string {
  const address = parseAddress(external);
  if (address === null || !isMulticast(address)) throw new Error(`not multicast: ${external}`);
  if (!Number.isInteger(salt) || salt < 0 || salt >= LIMITS.underlaySalts) throw new Error(`not a salt: ${salt}`);
  const folded = (address.value >> HOST_BITS) ^ (address.value & HOST_MASK);
  return addressOf(6, PREFIX | (folded ^ BigInt(salt))).text;
}

/** RFC 2464: 33:33 and the low 32 bits of the IPv6 multicast address. */
export function multicastMac(underlay: string): string {
  const address = parseAddress(underlay);
  if (address === null || address.family !== 6 || !isMulticast(address))
    throw new Error(`not IPv6 multicast: ${underlay}`);
  const octets = [24n, 16n, 8n, 0n].map((shift) => Number((address.value >> shift) & 0xffn));
  return ['33', '33', ...octets.map((octet) => octet.toString(16).padStart(2, '0'))].join(':');
}
