/**
 * The rack that the local stack stands for: which switches and sleds there are, under which ids and addresses. The ids are
 * made from the names, so that every start means the same rack.
 */
import { createHash } from 'node:crypto';
import type { StackConfig } from '../../config';

export interface RackSwitch {
  id: string;
  name: string;
  slot: number;
  /** `host:port` of its daemon. */
  address: string;
  /** Set when we simulate it. */
  port: number | undefined;
}

export interface RackSled {
  id: string;
  name: string;
  /** Cubby N is wired to port rearN of both switches. */
  cubby: number;
  address: string;
  port: number;
  apiVersion: 4 | 5;
}

export interface Rack {
  switches: RackSwitch[];
  sleds: RackSled[];
}

const SWITCHES = 2;
/** The last sled is one whose agent was not upgraded yet: multicast works there too, without its help. */
const SLED_VERSIONS = [5, 5, 5, 4] as const;

export function localRack({ stackPorts, switches }: Pick<StackConfig, 'stackPorts' | 'switches'>): Rack {
  const addresses =
    switches ?? Array.from({ length: SWITCHES }, (_, slot) => `127.0.0.1:${stackPorts.switches + slot}`);
  return {
    switches: addresses.map((address, slot) => ({
      id: stableId(`switch${slot}`),
      name: `switch${slot}`,
      slot,
      address: address.replace(/^http:\/\//, '').replace(/\/$/, ''),
      port: switches === undefined ? stackPorts.switches + slot : undefined,
    })),
    sleds: SLED_VERSIONS.map((apiVersion, cubby) => ({
      id: stableId(`sled${cubby}`),
      name: `sled${cubby}`,
      cubby,
      address: `127.0.0.1:${stackPorts.sleds + cubby}`,
      port: stackPorts.sleds + cubby,
      apiVersion,
    })),
  };
}

/** A UUID (version 8: made by a rule of our own) that is the same every time. */
export function stableId(name: string): string {
  const hex = createHash('sha256').update(`rackcast ${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
