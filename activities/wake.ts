/** Wakes groups' workflows, a bounded number at a time. */
import type { Temporal } from '../temporal/client';

const AT_ONCE = 16;

export async function wakeAll(temporal: Temporal, groups: { id: string; ip: string; name: string }[]): Promise<void> {
  for (let from = 0; from < groups.length; from += AT_ONCE) {
    await Promise.all(groups.slice(from, from + AT_ONCE).map((group) => temporal.wakeGroup(group)));
  }
}
