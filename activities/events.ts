/** Steps of the lifecycle workflows that change rows: claim, apply, move, the undos of rows, finish. Each may run twice. */
import type { EventEnd, EventRef } from '../domain/events';
import { applyEvents, type Applied } from '../db/apply-events';
import { claimEvents, type Claimed } from '../db/claim-events';
import { endedEvents, finishEvents } from '../db/end-events';
import { moveToTarget, stillMigrating, withdrawMemberships, withdrawStart, withdrawTarget } from '../db/instance-moves';
import { withdrawPrepared } from '../db/registrations';
import type { GroupRequest } from '../db/requests';
import { waitsOf, type Wait } from '../db/waiters';
import { LIMITS } from '../domain/limits';
import type { Deps, Shared } from './deps';
import { countEvents } from './metrics';
import { wakeAll } from './wake';

export interface EventResult {
  eventId: string;
  outcome: 'succeeded' | 'failed';
  reason: string | null;
}

export function eventActivities({ db, temporal }: Deps, { awaited, claims }: Shared) {
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
    /**
     * Takes the events, changes the rows for those that register nothing, wakes the groups that nobody else will wake, and stays for a
     * moment, since most rounds are over by then. Null while multicast is switched off: the events wait.
     */
    async claimEvents(input: {
      workflowId: string;
      runId: string;
      events: EventRef[];
    }): Promise<Omit<Claimed, 'wake' | 'finished'> | null> {
      const { workflowId } = input;
      // Before the rows change: a round may be over before the groups are woken.
      const ends = awaited.listen(workflowId);
      try {
        const taken = await claims.take(() => claimEvents(db, workflowId, input.runId, input.events));
        if (taken === null) return null;
        const { wake: groups, finished, ...claimed } = taken;
        countEvents(finished);
        await wakeAll(temporal, groups);
        const over = new Set(claimed.ended.map((event) => event.eventId));
        const open = claimed.events.filter((event) => !over.has(event.eventId));
        // A run that has more to do than wait does it; what it was told meanwhile, nobody tells it again.
        const waits = open.length > 0 && claimed.events.every((event) => event.endsByItself);
        const told = await ends.heard(waits ? LIMITS.claimWaitMs : 0);
        const news = told.filter((event) => !over.has(event.eventId));
        return { ...claimed, ended: [...claimed.ended, ...news] };
      } finally {
        ends.stop();
      }
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
    async readOutcomes(input: {
      workflowId: string;
      eventIds: string[];
    }): Promise<{ waits: Wait[]; ended: EventEnd[] }> {
      const [waits, ended] = await Promise.all([
        waitsOf(db, input.eventIds),
        endedEvents(db, input.workflowId, input.eventIds),
      ]);
      return { waits, ended };
    },

    async finishEvents(input: { workflowId: string; results: EventResult[] }): Promise<void> {
      countEvents(await finishEvents(db, input.workflowId, input.results));
    },
  };
}
