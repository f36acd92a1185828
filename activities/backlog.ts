/**
 * Rounds under load. While more events are accepted than one run takes and none of them has changed rows yet, a round that began now would
 * serve few of them, and the next as few: it waits for them, bounded, and serves them together. On a calm system nothing waits.
 */
import { sleep } from '@temporalio/activity';
import type { Db } from '../db/client';
import { isBehind } from '../db/redelivery';
import { LIMITS } from '../domain/limits';

export interface Backlog {
  /** Resolves when there is none any more, or after `gatherRoundMs`. */
  gone(): Promise<void>;
}

/** All that wait share one look at the inbox. */
export function watchBacklog(db: Db): Backlog {
  let look: Promise<boolean> | undefined;
  const shared = () => {
    look ??= isBehind(db).finally(() => {
      look = undefined;
    });
    return look;
  };
  return {
    async gone() {
      for (let waited = 0; waited < LIMITS.gatherRoundMs && (await shared()); waited += LIMITS.backlogLookMs)
        await sleep(LIMITS.backlogLookMs);
    },
  };
}
