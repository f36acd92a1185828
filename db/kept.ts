/**
 * Texts that are kept as long as the database says that they are as they were: lists are read far more often than they change, and
 * making one costs many times what looking at its version does.
 *
 * Invariant: a kept text is given only for the version that the database has named just now. Versions are made of transaction
 * numbers, which come round, and are counted anew by a database that was restored from a copy: nothing is kept for long.
 */
import { shared } from './together';

const KEPT_MS = 10_000;
/** Of all texts together; the one that was made first goes first. */
const CHARACTERS = 32 * 1_048_576;

interface Kept {
  version: string;
  text: string;
  until: number;
}

/** Reads the text unless it still has the version known; then it is null. */
export type Read = (known: string | null) => Promise<{ version: string; text: string | null }>;

export function kept(now: () => number = Date.now): (key: string, read: Read) => Promise<string> {
  const share = shared();
  const texts = new Map<string, Kept>();
  let characters = 0;

  function drop(key: string): void {
    characters -= texts.get(key)?.text.length ?? 0;
    texts.delete(key);
  }

  function keep(key: string, made: Kept): void {
    drop(key);
    characters += made.text.length;
    texts.set(key, made);
    for (const oldest of texts.keys()) {
      if (characters <= CHARACTERS) return;
      drop(oldest);
    }
  }

  return (key, read) =>
    share(key, async () => {
      const known = texts.get(key);
      const current = known !== undefined && known.until > now() ? known : null;
      const { version, text } = await read(current?.version ?? null);
      if (text === null && current !== null) return current.text;
      if (text === null) throw new Error('nothing was known, and nothing was read');
      keep(key, { version, text, until: now() + KEPT_MS });
      return text;
    });
}
