/**
 * What every benchmark command shares: flags in, progress on standard error, the figures as one JSON line on standard output.
 * Invariant: nothing else is ever written to standard output, so that a figure can be piped to a program.
 */
import { parseArgs } from 'node:util';

/** `name: default`. A flag takes the type of its default; unknown flags and values of another type end the command. */
export function readFlags<T extends Record<string, number | string>>(defaults: T): { [K in keyof T]: Widened<T[K]> } {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ options, strict: true });
  const read = Object.entries(defaults).map(([name, fallback]) => {
    const given = values[name];
    if (given === undefined || typeof given !== 'string') return [name, fallback];
    if (typeof fallback === 'string') return [name, given];
    const number = Number(given);
    if (given === '' || !Number.isFinite(number) || number < 0) throw new Error(`--${name} ${given}: not a number`);
    return [name, number];
  });
  return Object.fromEntries(read) as { [K in keyof T]: Widened<T[K]> };
}

type Widened<T> = T extends number ? number : string;

const started = Date.now();

export function say(line: string): void {
  const seconds = ((Date.now() - started) / 1_000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${line}\n`);
}

/** Runs a benchmark; `figures` becomes the one line. A failure is one line too, and exit code 1. */
export function command(name: string, run: () => Promise<Record<string, unknown>>): void {
  run().then(
    (figures) => {
      process.stdout.write(`${JSON.stringify({ benchmark: name, ...figures })}\n`);
      process.exit(0);
    },
    (error: unknown) => {
      process.stderr.write(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    },
  );
}

/** Three significant digits are more than these measurements have. */
export function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : 0;
}

export function percentile(values: number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

/** Polls until `check` says so; throws at the bound, with what was waited for. */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  { seconds = 120, everyMs = 100 }: { seconds?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(everyMs);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Does `work` for every item, `width` at a time, in order of the items. */
export async function inParallel<T>(items: T[], width: number, work: (item: T, at: number) => Promise<void>) {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T, at);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

export function chunks<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
