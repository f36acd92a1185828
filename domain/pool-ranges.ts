/**
 * Rules of address ranges in IP pools.
 *
 * Invariant: every address of a multicast pool's range can be a group's address, and all of a pool's addresses are of one kind
 * (ASM or SSM), so that a pool says by itself whether its groups need sources.
 */
import {
  type Block,
  type IpAddress,
  isMulticast,
  isSourceSpecific,
  MULTICAST_BLOCKS,
  RESERVED_BLOCKS,
  SSM_BLOCKS,
  within,
} from './addresses';

export type PoolType = 'unicast' | 'multicast';
export type PoolVersion = 'v4' | 'v6';

/** Both ends included. */
export interface AddressRange {
  first: IpAddress;
  last: IpAddress;
}

export interface PoolKind {
  poolType: PoolType;
  ipVersion: PoolVersion;
}

/** Why this is no range at all, or null. */
export function rangeFault({ first, last }: AddressRange): string | null {
  if (first.family !== last.family) return `${first.text} and ${last.text} are of different IP versions`;
  if (first.value > last.value) return `first address ${first.text} is greater than last address ${last.text}`;
  return null;
}

/** Why this range cannot be in a pool of this kind, or null. */
export function poolRangeFault(range: AddressRange, pool: PoolKind): string | null {
  const { first, last } = range;
  const name = `range ${first.text}-${last.text}`;
  if (`v${first.family}` !== pool.ipVersion) return `${name} is IPv${first.family}, the pool is IP${pool.ipVersion}`;
  const touched = MULTICAST_BLOCKS.some((block) => overlaps(range, block));
  if (pool.poolType === 'unicast') {
    return touched ? `${name} contains multicast addresses, the pool is a unicast pool` : null;
  }
  if (!isMulticast(first) && !isMulticast(last)) return `${name} is not multicast, the pool is a multicast pool`;
  if (!isMulticast(first) || !isMulticast(last)) return `${name} spans unicast and multicast addresses`;
  const straddled = SSM_BLOCKS.find(
    (block) => overlaps(range, block) && !(within(first, block) && within(last, block)),
  );
  if (straddled !== undefined) return `${name} spans ASM and SSM addresses (${straddled.name} is SSM)`;
  const reserved = RESERVED_BLOCKS.find((block) => overlaps(range, block));
  return reserved === undefined ? null : `${name} touches the reserved multicast subnet ${reserved.name}`;
}

/** Why these two ranges cannot be in one multicast pool, or null. */
export function mixedRangesFault(added: AddressRange, existing: AddressRange): string | null {
  const kinds = [added, existing].map((range) => (isSourceSpecific(range.first) ? 'SSM' : 'ASM'));
  if (kinds[0] === kinds[1]) return null;
  return `Cannot mix ${kinds[0]} and ${kinds[1]} ranges in one pool: it has ${existing.first.text}-${existing.last.text}`;
}

/** How many addresses; exact. */
export function rangeSize({ first, last }: AddressRange): bigint {
  return last.value - first.value + 1n;
}

function overlaps({ first, last }: AddressRange, block: Block): boolean {
  return first.family === block.family && first.value <= block.last && last.value >= block.first;
}
