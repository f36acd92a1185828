/** The order of addresses that switches and Postgres share: IPv4 before IPv6, by number. */
import { parseAddress, type IpAddress } from '../../../domain/addresses';

const read = new Map<string, IpAddress>();

function address(text: string): IpAddress {
  const known = read.get(text) ?? parseAddress(text);
  if (known === null) throw new Error(`not an address: ${text}`);
  read.set(text, known);
  return known;
}

export function compareAddresses(a: string, b: string): number {
  const [left, right] = [address(a), address(b)];
  return left.family - right.family || Number(left.value > right.value) - Number(left.value < right.value);
}
