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
}

type Told = Pick<Delivery, 'ended' | 'waits'>;

export async function tellGroup({ db, temporal, awaited }: Teller, groupId: string): Promise<number> {
  countEvents(await endServed(db, groupId));
  const deliveries = await undelivered(db, groupId);
  const told = await Promise.all(deliveries.map((delivery) => tellRun({ temporal, awaited }, delivery)));
  const all: Told = {
    ended: told.flatMap((each) => each.ended),
    waits: told.flatMap((each) => each.waits),
  };
  await markDelivered(db, all);
  return all.ended.length + all.waits.length + (await tellUpdates(db, temporal, groupId));
}

async function tellRun(
  { temporal, awaited }: Pick<Teller, 'temporal' | 'awaited'>,
  { workflowId, ended, waits }: Delivery,
): Promise<Told> {
  try {
    const tellEnds = async () => {
      if (!awaited.tell(workflowId, ended)) await temporal.tellEnded(workflowId, ended);
    };
    const told = ended.length > 0 && (await awaited.once(workflowId, ended, tellEnds));
    if (waits.length > 0) await temporal.tellOutcomes(workflowId, waits);
    return { ended: told ? ended : [], waits };
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
