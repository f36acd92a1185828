/**
 * One spelling per membership. The agent compares a membership's address and its list of sources, in order, to find an entry;
 * invariant: the same group with the same set of sources is always sent as the same entry, so that a repeated join changes
 * nothing and a leave finds what a join made.
 */
import ipaddr from 'ipaddr.js';
import type { InstanceMulticastMembership } from './wire';

export function canonical(membership: InstanceMulticastMembership): InstanceMulticastMembership {
  const sources = new Set(membership.sources.map(spelling));
  return { group_ip: spelling(membership.group_ip), sources: [...sources].sort() };
}

/** What is not an address goes as it is: the agent refuses it and says so. */
function spelling(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address;
}
