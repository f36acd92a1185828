/** Steps of the lifecycle workflows that change rows: claim, apply, move, the undos of rows, finish. Each may run twice. */
import type { EventRef } from '../domain/events';
import { applyEvents, type Applied } from '../db/apply-events';
import { claimEvents, finishEvents, type ClaimedEvent } from '../db/claim-events';
import { moveToTarget, stillMigrating, withdrawMemberships, withdrawStart, withdrawTarget } from '../db/instance-moves';
import { withdrawPrepared } from '../db/registrations';
import type { GroupRequest } from '../db/requests';
import { waitsOf, type Wait } from '../db/waiters';
import type { Deps } from './deps';
import { countEvents } from './metrics';
import { wakeAll } from './wake';

export interface EventResult {
  eventId: string;
  outcome: 'succeeded' | 'failed';
  reason: string | null;
}

export function eventActivities({ db, temporal }: Deps) {
  const wake = async (requests: GroupRequest[]) => {
    const groups = requests
      .filter((request) => request.wake)
      .map(({ groupId, ip, name }) => ({ id: groupId, ip, name }));
    await wakeAll(temporal, groups);
  };
  /** The groups that these events wait for: a call before this one may have committed and died before it could signal. */
  const wakeWaiting = async (eventIds: string[]) => {
    const open = (await waitsOf(db, eventIds)).filter((wait) => wait.outcome === null);
    const groups = new Map(open.map((wait) => [wait.groupId, { id: wait.groupId, ip: wait.ip, name: wait.name }]));
    await wakeAll(temporal, [...groups.values()]);
  };
  return {
    /** Null while multicast is switched off: the events wait. */
    async claimEvents(input: {
      workflowId: string;
      runId: string;
      eventIds: string[];
    }): Promise<ClaimedEvent[] | null> {
      return claimEvents(db, input.workflowId, input.runId, input.eventIds);
    },

    /** Changes the rows and wakes the groups that nobody else will wake. */
    async applyEvents(input: { events: EventRef[]; failed: Record<string, string> }): Promise<Omit<Applied, 'wake'>> {
      const { wake: groups, ...applied } = await applyEvents(db, input.events, input.failed);
      await wakeAll(temporal, groups);
      return applied;
    },

    /**
     * Migrations: the target becomes the place. Returns what the events wait for now, and which of them could not move because some
     * group has not said that the target receives.
     */
    async moveToTarget(input: { eventIds: string[] }): Promise<{ waits: Wait[]; unready: string[] }> {
      await wake(await moveToTarget(db, input.eventIds));
      await wakeWaiting(input.eventIds);
      return { waits: await waitsOf(db, input.eventIds), unready: await stillMigrating(db, input.eventIds) };
    },

    /** Rows of events whose registration failed, where another run had applied them: as if they had not been. */
    async withdrawPlace(input: { eventIds: string[] }): Promise<void> {
      await wake(await withdrawStart(db, input.eventIds));
      await wake(await withdrawTarget(db, input.eventIds));
      await wake(await withdrawPrepared(db, input.eventIds));
    },

    async withdrawTarget(input: { eventIds: string[] }): Promise<void> {
      await wake(await withdrawTarget(db, input.eventIds));
    },

    async withdrawMemberships(input: { eventIds: string[] }): Promise<void> {
      await wake(await withdrawMemberships(db, input.eventIds));
    },

    /** What the rounds brought, for a wait that reached its bound. */
    async readOutcomes(input: { eventIds: string[] }): Promise<Wait[]> {
      return waitsOf(db, input.eventIds);
    },

    async finishEvents(input: { workflowId: string; results: EventResult[] }): Promise<void> {
      countEvents(await finishEvents(db, input.workflowId, input.results));
    },
  };
}
