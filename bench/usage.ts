/**
 * What processes have used, read from /proc: CPU time and resident memory. Linux only; elsewhere every figure is 0.
 * Invariant: a Postgres is counted with all its backends, those that have ended included.
 */
import { readFileSync } from 'node:fs';

export interface Usage {
  cpuMs: number;
  rssMb: number;
}

/** Linux counts CPU time in hundredths of a second, on every machine that Node runs on. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

export type Usages = Record<string, Usage>;

/** Of one process: all its threads, none of its children. */
export function usageOf(pid: number): Usage {
  const stat = statOf(pid);
  return { cpuMs: (stat.user + stat.system) * TICK_MS, rssMb: stat.rssPages * (PAGE_BYTES / 1_048_576) };
}

/** With children, living and ended; their memory is largely shared and is not added up. */
export function usageWithChildren(pid: number): Usage {
  const stat = statOf(pid);
  const ended = (stat.childrenUser + stat.childrenSystem) * TICK_MS;
  const living = childrenOf(pid).reduce((sum, child) => sum + usageOf(child).cpuMs, 0);
  const own = usageOf(pid);
  return { cpuMs: own.cpuMs + ended + living, rssMb: own.rssMb };
}

interface Stat {
  user: number;
  system: number;
  childrenUser: number;
  childrenSystem: number;
  rssPages: number;
}

function statOf(pid: number): Stat {
  try {
    // "pid (name) state ppid …"; the name may contain anything. Here the state is field 0.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const at = (field: number): number => Number(fields[field] ?? 0);
    return { user: at(11), system: at(12), childrenUser: at(13), childrenSystem: at(14), rssPages: at(21) };
  } catch {
    return { user: 0, system: 0, childrenUser: 0, childrenSystem: 0, rssPages: 0 };
  }
}

function childrenOf(pid: number): number[] {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return listed === '' ? [] : listed.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** CPU milliseconds of every process between two readings. */
export function cpuBetween(before: Usages, after: Usages): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, usage]) => [name, usage.cpuMs - (before[name]?.cpuMs ?? 0)]),
  );
}

export function total(values: Record<string, number>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}
