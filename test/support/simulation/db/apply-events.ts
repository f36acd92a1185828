/** States `db/apply-events.ts` again: one transaction, and what is read after its commit. */
import type * as real from '../../../../db/apply-events';
import type { EventRef } from '../../../../domain/events';
import { stage } from '../stage';
import { atomic } from '../tables';
import { applyNow, drain, type Changed } from './change-rows';
import { waitsOf } from './waiters';

const apply = atomic(applyNow);

export const applyEvents: typeof real.applyEvents = async (db, refs, failed) => {
  const drained = stage().defect === 'events drained destructively' ? await drain(db, refs) : undefined;
  return readApplied(db, refs, await apply(db, refs, failed, drained));
};

const failuresOf = atomic((tables, ids: string[]) =>
  ids.flatMap((eventId) => {
    const row = tables.events.get(eventId);
    return row?.state === 'failed' ? [{ eventId, reason: row.reason ?? '' }] : [];
  }),
);

export async function readApplied(db: unknown, refs: EventRef[], { before, requests }: Changed): Promise<real.Applied> {
  const ids = refs.map((ref) => ref.eventId);
  const [waits, failures] = await Promise.all([waitsOf(db as never, ids), failuresOf(db, ids)]);
  const wake = new Map(requests.filter((each) => each.wake).map(({ groupId: id, ip, name }) => [id, { id, ip, name }]));
  for (const wait of waits)
    if (before.includes(wait.eventId) && wait.outcome === null)
      wake.set(wait.groupId, { id: wait.groupId, ip: wait.ip, name: wait.name });
  return { waits, wake: [...wake.values()], failures };
}
