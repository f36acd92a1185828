/**
 * Single posts share acceptance transactions, as writers share a database's log: while they are under way, those that come gather for the
 * next. A lone post waits for nobody.
 *
 * None spoils it for the others: a post whose instance somebody holds at the moment is stored in a transaction of its own, which nobody
 * else waits for, and so is each of a transaction that failed.
 */
import { acceptEvents, acceptFree, type Acceptance, type PostedEvent } from '../db/accept-events';
import type { Db } from '../db/client';
import { LIMITS } from '../domain/limits';

interface Waiting {
  posted: PostedEvent;
  resolve: (acceptance: Acceptance) => void;
  reject: (error: unknown) => void;
}

/** While Postgres writes one transaction down, the next is made. */
const AT_ONCE = 2;

export interface Inbox {
  accept(posted: PostedEvent): Promise<Acceptance>;
}

export function createInbox(db: Db): Inbox {
  const waiting: Waiting[] = [];
  let storing = 0;

  async function pump(): Promise<void> {
    storing += 1;
    while (waiting.length > 0) await store(waiting.splice(0, LIMITS.batchEvents));
    storing -= 1;
  }

  async function store(batch: Waiting[]): Promise<void> {
    const posted = batch.map((each) => each.posted);
    const acceptances = await acceptFree(db, posted).catch(() => []);
    for (const [at, each] of batch.entries()) {
      const acceptance = acceptances[at];
      if (acceptance == null) storeAlone(each);
      else each.resolve(acceptance);
    }
  }

  /** Nobody waits for it but its sender. */
  function storeAlone({ posted, resolve, reject }: Waiting): void {
    acceptEvents(db, [posted]).then(([acceptance]) => {
      if (acceptance === undefined) reject(new Error('one event, no answer'));
      else resolve(acceptance);
    }, reject);
  }

  return {
    accept: (posted) =>
      new Promise((resolve, reject) => {
        waiting.push({ posted, resolve, reject });
        if (storing < AT_ONCE) void pump();
      }),
  };
}
