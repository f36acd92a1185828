/** States `db/requests.ts` again. */
import { LIMITS } from '../../../../domain/limits';
import type { GroupRequest } from '../../../../db/requests';
import { now, type Tables } from '../tables';

export function requestGroups(tables: Tables, groupIds: Iterable<string>): GroupRequest[] {
  return [...new Set(groupIds)].toSorted().flatMap((id) => {
    const group = tables.groups.get(id);
    if (group === undefined) return [];
    const clean = group.requested === group.attempted;
    const stale = group.timeRequested !== null && group.timeRequested < now() - LIMITS.staleRequestMs;
    const wake = clean || group.timeRetry !== null || stale;
    group.requested += 1;
    if (clean || stale) group.timeRequested = now();
    return [{ groupId: id, ip: group.ip, name: group.name, request: group.requested, wake }];
  });
}
