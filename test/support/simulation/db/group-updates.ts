/** States `db/group-updates.ts` again, of a group's sources. */
import type * as real from '../../../../db/group-updates';
import type { RoundOutcome } from '../../../../db/waiters';
import { atomic, type Tables, type UpdateRow } from '../tables';

const isQueued = (update: UpdateRow) => update.state === 'pending' || update.state === 'taken';

export function queuedUpdates(tables: Tables, groupId: string): UpdateRow[] {
  return tables.updates.filter((update) => update.groupId === groupId && isQueued(update));
}

export function takeUpdate(tables: Tables, groupId: string, round: number): UpdateRow | null {
  const oldest = queuedUpdates(tables, groupId)[0];
  if (oldest === undefined) return null;
  return Object.assign(oldest, { state: 'taken' as const, round });
}

export function settleUpdate(
  tables: Tables,
  groupId: string,
  round: number,
  outcome: RoundOutcome,
  reason: string | null,
): boolean {
  const taken = tables.updates.find(
    (update) => update.groupId === groupId && update.state === 'taken' && update.round === round,
  );
  if (taken === undefined) return false;
  Object.assign(taken, { state: outcome, reason });
  const group = tables.groups.get(groupId);
  if (outcome === 'served' && group !== undefined) group.sources = taken.sources;
  return true;
}

export function refuseUpdates(tables: Tables, groupId: string): void {
  for (const update of queuedUpdates(tables, groupId))
    Object.assign(update, { state: 'refused', reason: 'the group is being deleted' });
}

export const withdrawUpdate: typeof real.withdrawUpdate = atomic((tables, id: string) => {
  const update = tables.updates.find((each) => each.id === id);
  if (update === undefined) return null;
  if (update.state === 'pending') Object.assign(update, { state: 'withdrawn', reason: 'no round came in time' });
  return { state: update.state, reason: update.reason };
});

export const untoldUpdates: typeof real.untoldUpdates = atomic((tables, groupId: string) =>
  tables.updates.flatMap(({ id, groupId: group, state, reason, told }) =>
    group === groupId && !told && (state === 'served' || state === 'failed' || state === 'refused')
      ? [{ updateId: id, outcome: state, reason }]
      : [],
  ),
);

export const markTold: typeof real.markTold = atomic((tables, ids: string[]) => {
  for (const update of tables.updates) if (ids.includes(update.id)) update.told = true;
});
