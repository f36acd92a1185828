/** States `db/waiters.ts` again. */
import type * as real from '../../../../db/waiters';
import type { GroupRequest } from '../../../../db/requests';
import { atomic, type Tables } from '../tables';
import { requestGroups } from './requests';

/** They wait for the group's newest request. */
export function insertWaiters(tables: Tables, waiters: real.Waiter[]): void {
  for (const waiter of waiters) {
    const group = tables.groups.get(waiter.groupId);
    if (group === undefined) continue;
    const waits = tables.waits.get(waiter.eventId) ?? new Map<string, null>();
    tables.waits.set(waiter.eventId, waits.set(waiter.groupId, null));
    const fresh = { ...waiter, request: group.requested, outcome: null, reason: null, told: false };
    const present = tables.waiters.find((row) => row.eventId === waiter.eventId && row.groupId === waiter.groupId);
    if (present === undefined) tables.waiters.push(fresh);
    else Object.assign(present, fresh);
  }
}

const found = atomic((tables, eventIds: string[]) =>
  tables.waiters
    .filter((row) => eventIds.includes(row.eventId))
    .map((row) => {
      const group = tables.groups.get(row.groupId);
      return {
        eventId: row.eventId,
        groupId: row.groupId,
        ip: group?.ip ?? '',
        name: group?.name ?? '',
        request: row.request,
        outcome: row.outcome ?? (group === undefined ? ('served' as const) : null),
        reason: row.reason,
      };
    }),
);

export const waitsOf: typeof real.waitsOf = async (db, ids) => (ids.length === 0 ? [] : found(db, ids));

export function renewRefused(tables: Tables, eventIds: string[]): GroupRequest[] {
  const rows = tables.waiters.filter(
    (row) => eventIds.includes(row.eventId) && row.outcome !== null && row.outcome !== 'served',
  );
  const requests = requestGroups(
    tables,
    rows.map((row) => row.groupId),
  );
  insertWaiters(
    tables,
    rows.map(({ eventId, groupId, instanceId }) => ({ eventId, groupId, instanceId })),
  );
  return requests;
}
