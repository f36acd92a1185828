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
import { compareSwitch } from './compare-switch';
import { runningWorkflow } from './running-workflow';
import type { Deps } from './deps';
import { wakeAll } from './wake';

export function reconcileActivities({ db, switches, temporal }: Deps) {
  const wake = (requests: GroupRequest[]) =>
    wakeAll(
      temporal,
      requests.filter((request) => request.wake).map(({ groupId, ip, name }) => ({ id: groupId, ip, name })),
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
      await forgetDrift(db, LIMITS.driftKeptDays);
    },

    /** Starts a run for events that nobody has taken, and again for those whose run is over. Returns how many events. */
    async redeliver(): Promise<number> {
      let count = 0;
      let after = 0;
      for (;;) {
        const events = await undeliveredEvents(db, after);
        for (const { kind, workflowId, events: batch } of await orphanedBatches(events)) {
          await temporal.startLifecycle(kind, batch, workflowId === null ? {} : { workflowId });
          count += batch.length;
        }
        heartbeat(count);
        if (events.length < LIMITS.redeliverBatch) return count;
        after = events.at(-1)?.sequence ?? after;
      }
    },

    async compareSwitch(input: {
      switchId: string;
    }): Promise<{ verified: number; different: number; orphansRemoved: number } | null> {
      const row = await findSwitch(db, input.switchId);
      if (row === null || row.service !== 'in_service') return null;
      await wake(await requestBehind(db, row.id, LIMITS.reconcilePage));
      const { requests, ...counts } = await compareSwitch(db, switches.at(row.address), row.id, runningWorkflow());
      await wake(requests);
      return counts;
    },

    async repairMembers(): Promise<{ repaired: number; tombstones: number }> {
      const { requests, ...counts } = await repairMembers(db);
      await wake(requests);
      return counts;
    },
  };

  async function orphanedBatches(
    events: Undelivered[],
  ): Promise<{ kind: WorkflowKind; workflowId: string | null; events: EventRef[] }[]> {
    const groups = new Map<string, Undelivered[]>();
    for (const event of events) {
      const key = event.claimedBy ?? `unclaimed ${event.kind}`;
      groups.set(key, [...(groups.get(key) ?? []), event]);
    }
    const batches = await Promise.all(
      [...groups.values()].map(async (batch) => {
        const first = batch[0];
        if (first === undefined || (first.claimedBy !== null && (await isRunning(first.claimedBy)))) return [];
        return chunks(batch, LIMITS.eventsPerRun).map((chunk) => ({
          kind: first.kind,
          workflowId: first.claimedBy,
          events: chunk.map(toRef),
        }));
      }),
    );
    return batches.flat();
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

function toRef({ eventId, instanceId, generation }: Undelivered): EventRef {
  return { eventId, instanceId, generation };
}

function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
