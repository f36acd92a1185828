/**
 * Single posts share acceptance transactions, as writers share a database's log: while they are under way, those that come gather for the
 * next. A lone post waits for nobody.
 *
 * None spoils it for the others: a post whose instance somebody holds at the moment is stored in a transaction of its own, which nobody
 * else waits for, and so is each of a transaction that failed. Posts of one instance keep the order in which they came: the next ones
 * wait for those under way.
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
  let waiting: Waiting[] = [];
  let storing = 0;
  /** Instances with a post under way: their next ones wait, so that they are stored in the order in which they came. */
  const underWay = new Set<string>();

  function take(): Waiting[] {
    const free = waiting.filter(({ posted }) => !underWay.has(posted.instanceId)).slice(0, LIMITS.batchEvents);
    const taken = new Set(free);
    waiting = waiting.filter((each) => !taken.has(each));
    for (const { posted } of free) underWay.add(posted.instanceId);
    return free;
  }

  async function pump(): Promise<void> {
    storing += 1;
    for (let batch = take(); batch.length > 0; batch = take()) await store(batch);
    storing -= 1;
  }

  function next(): void {
    if (storing < AT_ONCE && waiting.length > 0) void pump();
  }

  async function store(batch: Waiting[]): Promise<void> {
    const posted = batch.map((each) => each.posted);
    const acceptances = await acceptFree(db, posted).catch(() => []);
    const rest = new Map<string, Waiting[]>();
    for (const [at, each] of batch.entries()) {
      const { instanceId } = each.posted;
      const acceptance = acceptances[at];
      if (acceptance == null) rest.set(instanceId, [...(rest.get(instanceId) ?? []), each]);
      else each.resolve(acceptance);
    }
    for (const instanceId of new Set(posted.map((each) => each.instanceId)))
      if (!rest.has(instanceId)) underWay.delete(instanceId);
    for (const [instanceId, posts] of rest) void storeAlone(instanceId, posts);
  }

  /** Nobody waits for them but their senders. */
  async function storeAlone(instanceId: string, posts: Waiting[]): Promise<void> {
    for (const { posted, resolve, reject } of posts)
      await acceptEvents(db, [posted]).then(([acceptance]) => {
        if (acceptance === undefined) reject(new Error('one event, no answer'));
        else resolve(acceptance);
      }, reject);
    underWay.delete(instanceId);
    next();
  }

  return {
    accept: (posted) =>
      new Promise((resolve, reject) => {
        waiting.push({ posted, resolve, reject });
        next();
      }),
  };
}
