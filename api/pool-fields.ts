/** Fields that only a multicast pool has, and what its uplinks are checked against. */
import type { PoolType } from '../domain/pool-ranges';
import { parseUplink, uplinkFault } from '../domain/uplinks';
import { invalidRequest, invalidValue } from './errors';

interface MulticastFields {
  switch_port_uplinks?: string[] | null | undefined;
  mvlan?: number | null | undefined;
}

export function requireMulticastFields(type: PoolType, fields: MulticastFields): void {
  if (type === 'multicast') return;
  for (const field of ['switch_port_uplinks', 'mvlan'] as const) {
    if (fields[field] != null) throw invalidRequest(`${field}: only a multicast pool has it, this is a ${type} pool`);
  }
}

interface Ports {
  /** `ports` is null while the switch has not told. */
  switches: { slot: number; ports: string[] | null }[];
  sleds: { id: string; rearPort: number }[];
}

/** The uplinks in the order given, each once; refused if a switch does not have one or a sled is in its way. */
export function checkedUplinks(texts: string[], { switches, sleds }: Ports): string[] {
  for (const text of texts) {
    const uplink = parseUplink(text);
    const owner = uplink === null ? undefined : switches.find(({ slot }) => slot === uplink.slot);
    const offered = owner?.ports?.includes(`qsfp${uplink?.port}`) ?? true;
    if (uplink === null || owner === undefined || !offered)
      throw invalidValue('switch_port_uplinks', `port ${text} not found`);
    const fault = sleds.map((sled) => uplinkFault(uplink, sled)).find((each) => each !== null);
    if (fault !== undefined) throw invalidValue('switch_port_uplinks', fault);
  }
  return [...new Set(texts)];
}
