/** Wakes groups' workflows, a bounded number at a time; one that cannot be woken keeps no other asleep. */
import type { Temporal } from '../temporal/client';
import { forEvery, requireNone } from './every';

export interface Sleeper {
  id: string;
  ip: string;
  name: string;
}

const AT_ONCE = 16;

/** Returns what went wrong, group by group. */
export function tryToWake(temporal: Temporal, groups: Sleeper[], beat?: () => void): Promise<string[]> {
  const name = (group: Sleeper) => `group ${group.name} ${group.ip} was not woken`;
  return forEvery(groups, { atOnce: AT_ONCE, name, beat }, (group) => temporal.wakeGroup(group));
}

export async function wakeAll(temporal: Temporal, groups: Sleeper[], beat?: () => void): Promise<void> {
  requireNone(await tryToWake(temporal, groups, beat));
}
