/**
 * Does something for every one of many items, a bounded number at a time. Invariant: an item that fails keeps no other from its
 * turn, and what failed is told by name. When all of a batch fail it is not the items that are at fault: the rest is left.
 */
import { textOf } from './failures';

export interface Every<T> {
  atOnce: number;
  name: (item: T) => string;
  /** Called after each batch: it goes on. */
  beat?: (() => void) | undefined;
}

const MOST_TOLD = 10;

/** Returns what went wrong, item by item. */
export async function forEvery<T>(
  items: readonly T[],
  { atOnce, name, beat }: Every<T>,
  work: (item: T) => Promise<void>,
): Promise<string[]> {
  const failures: string[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    const batch = items.slice(from, from + atOnce);
    const before = failures.length;
    await Promise.all(
      batch.map(async (item) => {
        try {
          await work(item);
        } catch (error) {
          failures.push(`${name(item)}: ${textOf(error)}`);
        }
      }),
    );
    beat?.();
    const rest = items.length - from - batch.length;
    if (failures.length - before === batch.length && rest > 0) return [...failures, `${rest} more were not tried`];
  }
  return failures;
}

/** The first of them, and how many more there are: a report has an end. */
export function fewOf(failures: string[]): string[] {
  const more = failures.length - MOST_TOLD;
  return more > 0 ? [...failures.slice(0, MOST_TOLD), `and ${more} more`] : failures;
}

/** One error that names the first of them; none when there are none. */
export function requireNone(failures: string[]): void {
  if (failures.length > 0) throw new Error(fewOf(failures).join('; '));
}
