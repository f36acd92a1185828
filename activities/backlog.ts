/**
 * Rounds under load. While more events are accepted than one run takes and none of them has changed rows yet, a round that began now would
 * serve few of them, and the next as few: it waits for them, bounded, and serves them together. A group that has enough to do does not
 * wait, and on a calm system nobody does.
 */
import { sleep } from '@temporalio/activity';
import type { Db } from '../db/client';
import { lookAtBacklog } from '../db/redelivery';
import { LIMITS } from '../domain/limits';

export interface Backlog {
  /** Resolves when the group's round may as well begin: at once as a rule, after `gatherRoundMs` at the latest. */
  gathered(groupId: string): Promise<void>;
}

/** All that wait share one look at the inbox. */
export function watchBacklog(db: Db): Backlog {
  let look: ReturnType<typeof lookAtBacklog> | undefined;
  let waiting = 0;
  const shared = () => {
    look ??= lookAtBacklog(db).finally(() => {
      look = undefined;
    });
    return look;
  };
  return {
    async gathered(groupId) {
      if (waiting >= LIMITS.gatheringRounds) return;
      waiting += 1;
      try {
        for (let waited = 0; waited < LIMITS.gatherRoundMs; waited += LIMITS.backlogLookMs) {
          const backlog = await shared();
          if (!backlog.isLong || backlog.busyGroups.has(groupId)) return;
          await sleep(LIMITS.backlogLookMs);
        }
      } finally {
        waiting -= 1;
      }
    },
  };
}
