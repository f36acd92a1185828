/** What the switches were asked, from the simulators' own counters: requests, writes and bytes, switch by switch. */
import { request } from 'undici';
import type { RequestCounters } from '../simulators/requests';

export interface Asked {
  requests: number;
  writes: number;
  /** Of request bodies. */
  bytes: number;
  /** Of answers. */
  bytesOut: number;
}

/** The same daemon answers under `/sim/` beside its own paths; those requests are not counted. */
export async function countersOf(address: string): Promise<Asked> {
  const { body } = await request(`${address}/sim/requests`);
  const counters = (await body.json()) as RequestCounters;
  return {
    requests: counters.requests,
    writes: counters.writes,
    bytes: counters.bytes_in,
    bytesOut: counters.bytes_out,
  };
}

export async function countersOfAll(addresses: string[]): Promise<Asked[]> {
  return Promise.all(addresses.map(countersOf));
}

export function askedBetween(before: Asked[], after: Asked[]): Asked[] {
  return after.map((now, at) => {
    const then = before[at];
    return {
      requests: now.requests - (then?.requests ?? 0),
      writes: now.writes - (then?.writes ?? 0),
      bytes: now.bytes - (then?.bytes ?? 0),
      bytesOut: now.bytesOut - (then?.bytesOut ?? 0),
    };
  });
}

/** Empty, as after a crash. */
export async function restart(address: string): Promise<void> {
  const { body, statusCode } = await request(`${address}/sim/restart`, { method: 'POST' });
  await body.dump();
  if (statusCode !== 204) throw new Error(`${address} was not restarted: ${statusCode}`);
}
