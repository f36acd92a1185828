/**
 * Reading together. One statement that answers many costs little more than one that answers one, and a page read for one caller
 * is as good for every other who asks for it at that moment. Alone, nobody waits for anybody.
 *
 * Invariant: an answer comes from a statement that was sent after it was asked for, so whoever asks sees all that was committed
 * before, a revoked token included. What has been answered is not answered again without being asked for anew.
 */

interface Turn<A> {
  keys: Set<string>;
  answers: Promise<Map<string, A>>;
  take: () => void;
}

/** Looks things up by key, all that wait in one statement after the other; null for what `ask` does not find. */
export function together<A>(ask: (keys: string[]) => Promise<Map<string, A>>): (key: string) => Promise<A | null> {
  let under = false;
  let next: Turn<A> | null = null;

  async function send(keys: Set<string>): Promise<Map<string, A>> {
    under = true;
    try {
      return await ask([...keys]);
    } finally {
      under = false;
      depart();
    }
  }

  function depart(): void {
    const turn = next;
    if (turn === null || under) return;
    next = null;
    turn.take();
  }

  function newTurn(): Turn<A> {
    const keys = new Set<string>();
    let take = (): void => undefined;
    const answers = new Promise<Map<string, A>>((resolve) => (take = () => resolve(send(keys))));
    // Requests that arrived with this one are looked at before it leaves.
    setImmediate(depart);
    return { keys, answers, take: () => take() };
  }

  return async (key) => {
    next ??= newTurn();
    next.keys.add(key);
    return (await next.answers).get(key) ?? null;
  };
}

/** Reads something that is asked for by the same key again and again: at most one reading under way, and one that waits for it. */
export function shared(): <A>(key: string, read: () => Promise<A>) => Promise<A> {
  const under = new Map<string, Promise<unknown>>();
  const waiting = new Map<string, Promise<unknown>>();

  return async <A>(key: string, read: () => Promise<A>): Promise<A> => {
    const begin = (): Promise<A> => {
      waiting.delete(key);
      const reading = read().finally(() => under.delete(key));
      under.set(key, reading);
      return reading;
    };
    const current = under.get(key);
    if (current === undefined) return begin();
    const next = waiting.get(key) ?? current.then(begin, begin);
    waiting.set(key, next);
    return next as Promise<A>;
  };
}
