/** Steps of reconciliation. Each hands what it finds to the workflow that owns it; none writes to a switch but to remove orphans. */
import { heartbeat } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { LIMITS } from '../domain/limits';
import type { EventRef, WorkflowKind } from '../domain/events';
import { forgetDrift } from '../db/drift';
import { outstanding, type Outstanding } from '../db/outstanding';
import { undeliveredEvents, type Undelivered } from '../db/redelivery';
import { repairMembers } from '../db/repair-members';
import { multicastEnabled } from '../db/runtime-config';
import { findSwitch, requestBehind } from '../db/switch-service';
import type { GroupRequest } from '../db/requests';
import { compareSwitch, type Comparison } from './compare-switch';
import { forEvery, requireNone } from './every';
import { runningWorkflow } from './running-workflow';
import type { Deps } from './deps';
import { tryToWake } from './wake';

const AT_ONCE = 16;

export function reconcileActivities({ db, switches, temporal }: Deps) {
  const wake = (requests: GroupRequest[], beat?: () => void): Promise<string[]> =>
    tryToWake(
      temporal,
      requests.filter((request) => request.wake).map(({ groupId, ip, name }) => ({ id: groupId, ip, name })),
      beat,
    );
  return {
    async isEnabled(): Promise<boolean> {
      return multicastEnabled(db);
    },

    async outstanding(): Promise<Outstanding> {
      return outstanding(db);
    },

    /** Repaired drift is kept for a while, not for ever. */
    async forgetDrift(): Promise<void> {
      await forgetDrift(db, LIMITS.driftKeptDays, runningWorkflow());
    },

    /** Starts a run for events that nobody has taken, and again for those whose run is over. Returns how many events. */
    async redeliver(): Promise<number> {
      let count = 0;
      let after = 0;
      const failures: string[] = [];
      for (;;) {
        const events = await undeliveredEvents(db, after);
        const batches = batchesOf(events);
        failures.push(
          ...(await forEvery(batches, { atOnce: AT_ONCE, name: nameOf, beat: heartbeat }, async (batch) => {
            const started = await startAgain(batch);
            count += started;
          })),
        );
        if (events.length < LIMITS.redeliverBatch) break;
        after = events.at(-1)?.sequence ?? after;
      }
      requireNone(failures);
      return count;
    },

    /** Null: the switch is not in service, so there is nothing to compare it with. */
    async compareSwitch(input: { switchId: string }): Promise<Comparison | null> {
      const row = await findSwitch(db, input.switchId);
      if (row === null || row.service !== 'in_service') return null;
      const beat = () => heartbeat();
      const owed = await wake(await requestBehind(db, row.id, LIMITS.reconcilePage), beat);
      const compared = await compareSwitch({
        db,
        client: switches.at(row.address),
        switchId: row.id,
        by: runningWorkflow(),
        wake: (requests) => wake(requests, beat),
      });
      return { ...compared, errors: [...owed, ...compared.errors] };
    },

    async repairMembers(): Promise<{ repaired: number; tombstones: number }> {
      const total = { repaired: 0, tombstones: 0 };
      const failures: string[] = [];
      for (let pages = 0, more = true; more && pages < LIMITS.repairPages; pages++) {
        const page = await repairMembers(db);
        failures.push(...(await wake(page.requests)));
        total.repaired += page.repaired;
        total.tombstones += page.tombstones;
        more = page.more;
      }
      requireNone(failures);
      return total;
    },
  };

  /** Returns how many events; none while their own run is at work on them. */
  async function startAgain({ kind, claimedBy, events }: Batch): Promise<number> {
    if (claimedBy !== null && (await isRunning(claimedBy))) return 0;
    await temporal.startLifecycle(kind, events, claimedBy === null ? {} : { workflowId: claimedBy });
    return events.length;
  }

  async function isRunning(workflowId: string): Promise<boolean> {
    try {
      const { status } = await temporal.client.workflow.getHandle(workflowId).describe();
      return status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }
}

/** Events for one run: those of the run that had taken them, or some of a kind that nobody has taken. */
interface Batch {
  kind: WorkflowKind;
  claimedBy: string | null;
  events: EventRef[];
}

function batchesOf(events: Undelivered[]): Batch[] {
  const batches: Batch[] = [];
  const open = new Map<string, Batch>();
  for (const { kind, claimedBy, eventId, instanceId, generation } of events) {
    const key = claimedBy ?? `unclaimed ${kind}`;
    let batch = open.get(key);
    if (batch === undefined || batch.events.length === LIMITS.eventsPerRun) {
      batch = { kind, claimedBy, events: [] };
      batches.push(batch);
      open.set(key, batch);
    }
    batch.events.push({ eventId, instanceId, generation });
  }
  return batches;
}

function nameOf({ kind, claimedBy, events: [first] }: Batch): string {
  return `${claimedBy ?? kind}, event ${first?.eventId ?? 'none'}, was not started`;
}
