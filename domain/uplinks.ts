/**
 * Uplinks of a multicast pool: front ports that carry its groups out of the rack, written `switchN.qsfpM`.
 *
 * Invariant: the canonical text is the only form that is stored, so that duplicates are equal texts. On the switch, port qsfpN
 * and port rearN share one bit of the decapsulation mask: a copy for the one would be treated as a copy for the other.
 */
export interface Uplink {
  slot: number;
  port: number;
  text: string;
}

const FORM = /^switch(0|[1-9]\d?)\.qsfp(0|[1-9]\d?)$/;
const LAST_PORT = 31;
const LAST_SLOT = 31;

/** Reads `switch0.qsfp3`, or null. */
export function parseUplink(text: string): Uplink | null {
  const [, slot, port] = FORM.exec(text) ?? [];
  if (slot === undefined || port === undefined || Number(slot) > LAST_SLOT || Number(port) > LAST_PORT) return null;
  return { slot: Number(slot), port: Number(port), text };
}

/** Why this uplink cannot be used while a sled is on this rear port, or null. */
export function uplinkFault(uplink: Uplink, sled: { id: string; rearPort: number }): string | null {
  if (uplink.port !== sled.rearPort) return null;
  return `${uplink.text} shares a bit of the switch with rear${sled.rearPort}, where sled ${sled.id} is`;
}
