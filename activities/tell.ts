/**
 * After a round's commit: the events that have nothing left to wait for end, and the workflows that wait for the group are told what its
 * rounds have brought. Returns how many outcomes. If nobody lives to do it, reconciliation does.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Db } from '../db/client';
import { markDelivered, undelivered, type Delivery } from '../db/deliveries';
import { endServed } from '../db/end-events';
import { markTold, untoldUpdates } from '../db/group-updates';
import type { Temporal } from '../temporal/client';
import type { AwaitedRuns } from './awaited-runs';
import { countEvents } from './metrics';

export interface Teller {
  db: Db;
  temporal: Temporal;
  awaited: AwaitedRuns;
  /** Runs that are being told how their events ended. */
  telling: Set<string>;
}

type Told = Pick<Delivery, 'ended' | 'waits'>;

export async function tellGroup(teller: Teller, groupId: string): Promise<number> {
  const { db, temporal, telling } = teller;
  countEvents(await endServed(db, groupId));
  // Of two groups that end a run's last events at the same time each finds it over: one of them tells it.
  const deliveries = (await undelivered(db, groupId)).map((delivery) =>
    telling.has(delivery.workflowId) ? { ...delivery, ended: [] } : delivery,
  );
  const runs = deliveries.filter((delivery) => delivery.ended.length > 0).map((delivery) => delivery.workflowId);
  for (const run of runs) telling.add(run);
  try {
    const told = await Promise.all(deliveries.map((delivery) => tellRun(teller, delivery)));
    const all: Told = { ended: told.flatMap((each) => each.ended), waits: told.flatMap((each) => each.waits) };
    await markDelivered(db, all);
    return all.ended.length + all.waits.length + (await tellUpdates(db, temporal, groupId));
  } finally {
    for (const run of runs) telling.delete(run);
  }
}

async function tellRun(
  { temporal, awaited }: Pick<Teller, 'temporal' | 'awaited'>,
  { workflowId, ended, waits }: Delivery,
): Promise<Told> {
  try {
    if (ended.length > 0 && !awaited.tell(workflowId, ended)) await temporal.tellEnded(workflowId, ended);
    if (waits.length > 0) await temporal.tellOutcomes(workflowId, waits);
    return { ended, waits };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    // The run is over, or has never existed. What has ended needs nobody; for the rest, redelivery reads the row.
    return { ended, waits: [] };
  }
}

/** An update whose workflow is over, or has never existed, has nobody to be told. */
async function tellUpdates(db: Db, temporal: Temporal, groupId: string): Promise<number> {
  const outcomes = await untoldUpdates(db, groupId);
  await Promise.all(
    outcomes.map(({ updateId, ...outcome }) =>
      temporal.tellUpdate(updateId, outcome).catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }),
    ),
  );
  await markTold(
    db,
    outcomes.map((outcome) => outcome.updateId),
  );
  return outcomes.length;
}
