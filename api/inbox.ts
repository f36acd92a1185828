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
  /** Instances with posts under way. */
  const busy = new Set<string>();
  let storing = 0;

  async function pump(): Promise<void> {
    storing += 1;
    for (let batch = take(); batch.length > 0; batch = take()) await store(batch);
    storing -= 1;
  }

  /** What may be stored now. */
  function take(): Waiting[] {
    const left: Waiting[] = [];
    const taken: Waiting[] = [];
    for (const each of waiting)
      (busy.has(each.posted.instanceId) || taken.length === LIMITS.batchEvents ? left : taken).push(each);
    waiting = left;
    for (const { posted } of taken) busy.add(posted.instanceId);
    return taken;
  }

  async function store(batch: Waiting[]): Promise<void> {
    const acceptances = await acceptFree(db, postedOf(batch)).catch(() => []);
    const alone = new Map<string, Waiting[]>();
    for (const [at, each] of batch.entries()) {
      const { instanceId } = each.posted;
      const acceptance = acceptances[at];
      if (acceptance == null) alone.set(instanceId, [...(alone.get(instanceId) ?? []), each]);
      else {
        busy.delete(instanceId);
        each.resolve(acceptance);
      }
    }
    for (const [instanceId, own] of alone) void storeAlone(instanceId, own);
  }

  /** One after the other; nobody waits for them but their senders. */
  async function storeAlone(instanceId: string, own: Waiting[]): Promise<void> {
    for (const { posted, resolve, reject } of own) {
      try {
        const [acceptance] = await acceptEvents(db, [posted]);
        if (acceptance === undefined) throw new Error('one event, no answer');
        resolve(acceptance);
      } catch (error) {
        reject(error);
      }
    }
    busy.delete(instanceId);
    if (storing < AT_ONCE) void pump();
  }

  return {
    accept: (posted) =>
      new Promise((resolve, reject) => {
        waiting.push({ posted, resolve, reject });
        if (storing < AT_ONCE) void pump();
      }),
  };
}

const postedOf = (batch: Waiting[]) => batch.map((each) => each.posted);
