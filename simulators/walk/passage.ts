/**
 * One packet through the ingress of one switch: admission, encapsulation, source filter, replication group, route.
 * Invariant: the stages come in the order of the hardware, since the first that fails gives the reason for the drop; and
 * every table that was consulted is reported with its key, so that a drop can be explained by the lookup that missed.
 */
import { isMulticast, isSsm, within } from '../switch/addresses';
import { geneve, multicastMac, type Frame, type GeneveFrame, type PlainFrame } from './packet';
import type { Hit, WalkSwitch } from './read-switch';
import { replicate, type Copy } from './replicate';

/** As the switch counts them; `multicast_link_local` goes to the service port and is no error there. */
export type DropReason =
  | 'drop_sctp'
  | 'multicast_to_local_interface'
  | 'multicast_link_local'
  | 'multicast_invalid_mac'
  | 'nat_ingress_miss'
  | 'nat_header_error'
  | 'multicast_no_group'
  | 'multicast_src_filtered'
  | `ipv${4 | 6}_${'ttl_invalid' | 'ttl_exceeded' | 'unrouteable'}`;

export interface Passage {
  /** The tables that were looked at, in order. */
  lookups: Hit<unknown>[];
  /** Null: it was replicated. */
  dropped: DropReason | null;
  copies: Copy[];
}

/** `ingress` is a port such as `rear4` or `rear4/0`. */
export function pass(frame: Frame, ingress: string, at: WalkSwitch): Passage {
  const lookups: Hit<unknown>[] = [];
  const found = <T>(hit: Hit<T>): T | null => {
    lookups.push(hit);
    return hit.entry;
  };
  const drop = (dropped: DropReason): Passage => ({ lookups, dropped, copies: [] });

  const fault = headerFault(frame);
  if (fault !== null) return drop(fault);
  const wrapped = frame.kind === 'geneve' ? frame : encapsulated(frame, at, found);
  if (wrapped === null) return drop(isUplink(ingress) ? 'nat_ingress_miss' : 'multicast_no_group');
  if (isFiltered(wrapped, at) && found(at.source(wrapped.inner.source, wrapped.inner.destination)) === null) {
    return drop('multicast_src_filtered');
  }
  const replication = found(at.replication(wrapped.outer));
  if (replication === null) return drop('multicast_no_group');
  if (wrapped.tag === 0 && !hasPorts(wrapped.inner.protocol)) return drop('nat_header_error');
  const current = wrapped.tag === 0 ? wrapped.inner.destination : wrapped.outer;
  const route = found(at.route(current));
  if (route === null) return drop(`ipv${current.family}_unrouteable`);
  // With tag 0 the outer header is gone, and it is the inner one that runs out.
  if (wrapped.tag === 0 && wrapped.inner.ttl <= 1) return drop(`ipv${current.family}_ttl_exceeded`);
  return { lookups, dropped: null, copies: replicate(wrapped, { replication, route, ingress }, at, found) };
}

/** What is wrong with the outermost header. */
function headerFault(frame: Frame): DropReason | null {
  const { destination, ttl, protocol } = frame.inner;
  const outermost = frame.kind === 'geneve' ? frame.outer : destination;
  if (frame.kind === 'plain' && protocol === 'sctp') return 'drop_sctp';
  if (within(outermost, 'ff01::', 16)) return 'multicast_to_local_interface';
  if (within(outermost, 'ff02::', 16)) return 'multicast_link_local';
  if ((frame.kind === 'geneve' ? frame.hopLimit : ttl) <= 1) return `ipv${outermost.family}_ttl_invalid`;
  if (frame.kind === 'plain' && frame.mac !== multicastMac(destination)) return 'multicast_invalid_mac';
  return null;
}

/** By NAT, which wraps only what has ports or is ICMP. The VLAN is part of the key: none is ever translated. */
function encapsulated(
  { inner, vlan }: PlainFrame,
  at: WalkSwitch,
  found: <T>(hit: Hit<T>) => T | null,
): GeneveFrame | null {
  const nat = found(at.nat(inner.destination, vlan));
  return nat === null || !hasPorts(inner.protocol) ? null : geneve(inner, nat.target, null);
}

function isFiltered({ inner }: GeneveFrame, { apiLevel }: WalkSwitch): boolean {
  return apiLevel === 1 ? isSsm(inner.destination) : isMulticast(inner.destination);
}

const hasPorts = (protocol: string): boolean => ['tcp', 'udp', 'icmp'].includes(protocol);

/** Front ports are uplinks. */
const isUplink = (port: string): boolean => port.startsWith('qsfp');
