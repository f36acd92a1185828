/** States `db/waiters.ts` again. */
import type * as real from '../../../../db/waiters';
import type { GroupRequest } from '../../../../db/requests';
import { stage } from '../stage';
import { atomic, type Tables } from '../tables';
import { requestGroups } from './requests';

export function insertWaiters(tables: Tables, waiters: real.Waiter[]): void {
  for (const waiter of waiters) {
    const waits = tables.waits.get(waiter.eventId) ?? new Map<string, null>();
    tables.waits.set(waiter.eventId, waits.set(waiter.groupId, null));
    const fresh = { ...waiter, outcome: null, reason: null, told: false };
    const present = tables.waiters.find((row) => row.eventId === waiter.eventId && row.groupId === waiter.groupId);
    if (present === undefined) tables.waiters.push(fresh);
    else Object.assign(present, { request: waiter.request, outcome: null, reason: null, told: false });
  }
}

export function waitsNow(tables: Tables, eventIds: string[]): real.Wait[] {
  return tables.waiters
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
    });
}

export const waitsOf: typeof real.waitsOf = atomic(waitsNow);

export const undelivered: typeof real.undelivered = atomic((tables, groupId: string) => {
  const byWorkflow = new Map<string, real.Delivery>();
  for (const row of tables.waiters) {
    const claimedBy = tables.events.get(row.eventId)?.claimedBy ?? null;
    if (row.groupId !== groupId || row.outcome === null || row.told || claimedBy === null) continue;
    const { eventId, request, outcome, reason } = row;
    const delivery = byWorkflow.get(claimedBy) ?? { workflowId: claimedBy, waits: [] };
    delivery.waits.push({ eventId, groupId, request, outcome, reason });
    byWorkflow.set(claimedBy, delivery);
  }
  if (stage().defect === 'waiters drained destructively')
    tables.waiters = tables.waiters.filter((row) => row.groupId !== groupId || row.outcome === null);
  return [...byWorkflow.values()];
});

export const untoldGroups: typeof real.untoldGroups = atomic((tables) => {
  const waiting = tables.waiters.filter(
    (row) => row.outcome !== null && !row.told && tables.events.get(row.eventId)?.claimedBy != null,
  );
  const updates = tables.updates.filter(
    ({ told, state }) => !told && (state === 'served' || state === 'failed' || state === 'refused'),
  );
  return [...new Set([...waiting, ...updates].map((row) => row.groupId))];
});

export const markDelivered: typeof real.markDelivered = atomic((tables, groupId: string, told) => {
  for (const row of tables.waiters)
    if (
      row.groupId === groupId &&
      row.outcome !== null &&
      told.some((each) => each.eventId === row.eventId && each.request === row.request)
    )
      row.told = true;
});

export function renewRefused(tables: Tables, eventIds: string[]): GroupRequest[] {
  const rows = tables.waiters.filter(
    (row) => eventIds.includes(row.eventId) && row.outcome !== null && row.outcome !== 'served',
  );
  const requests = requestGroups(
    tables,
    rows.map((row) => row.groupId),
  );
  const requestOf = new Map(requests.map((each) => [each.groupId, each.request]));
  insertWaiters(
    tables,
    rows.flatMap(({ eventId, groupId, instanceId }) => {
      const request = requestOf.get(groupId);
      return request === undefined ? [] : [{ eventId, groupId, instanceId, request }];
    }),
  );
  return requests;
}
