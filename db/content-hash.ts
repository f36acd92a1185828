/**
 * What an event says, as one comparable value: a repeated event id must repeat its content. Made of the event as it was posted,
 * because what it names (a group by its name) may resolve differently the second time.
 */
import { createHash } from 'node:crypto';
import type { LifecycleEvent } from '../domain/events';

export function contentHash(instanceId: string, event: LifecycleEvent): string {
  // Groups are a set.
  const said = 'multicast_groups' in event ? { ...event, multicast_groups: event.multicast_groups.toSorted() } : event;
  return createHash('sha256')
    .update(canonical({ ...said, instance_id: instanceId }))
    .digest('hex');
}

/** JSON with sorted keys; an absent key and a null say the same. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}
