/**
 * Rounds under load. While more events are accepted than one run takes and none of them has changed rows yet, or claims are in line, a
 * round that began now would serve few of them, and the next as few: it waits for them, bounded, and serves them together. A group that
 * has enough to do does not wait, and on a calm system nobody does.
 */
import { sleep } from '@temporalio/activity';
import type { Db } from '../db/client';
import { lookAtBacklog } from '../db/redelivery';
import { LIMITS } from '../domain/limits';
import type { Turns } from './turns';

export interface Backlog {
  /** Resolves when the group's round may as well begin: at once as a rule, after `gatherLineMs` at the latest. */
  gathered(groupId: string): Promise<void>;
}

/** All that wait share one look at the inbox. */
export function watchBacklog(db: Db, claims: Pick<Turns, 'areAwaited'>): Backlog {
  let look: ReturnType<typeof lookAtBacklog> | undefined;
  let waiting = 0;
  const shared = () => {
    look ??= lookAtBacklog(db).finally(() => {
      look = undefined;
    });
    return look;
  };
  const mayBegin = async (groupId: string, waited: number): Promise<boolean> => {
    const backlog = await shared();
    if (backlog.busyGroups.has(groupId)) return true;
    return !claims.areAwaited && (!backlog.isLong || waited >= LIMITS.gatherRoundMs);
  };
  return {
    async gathered(groupId) {
      if (waiting >= LIMITS.gatheringRounds) return;
      waiting += 1;
      try {
        for (let waited = 0; waited < LIMITS.gatherLineMs; waited += LIMITS.backlogLookMs) {
          if (await mayBegin(groupId, waited)) return;
          await sleep(LIMITS.backlogLookMs);
        }
      } finally {
        waiting -= 1;
      }
    },
  };
}
