/**
 * CPU profiles of a process and all its threads: a new file per thread every few seconds, because a thread that is terminated has no
 * moment of its own to write one. And what they say: self time by function.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

const EVERY_MS = 3_000;
const SAMPLE_MICROSECONDS = 500;

/** Runs in the process that is profiled, once per thread. */
export function startProfiling(folder: string): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
  session.post('Profiler.start');
  let part = 0;
  const write = (): void => {
    session.post('Profiler.stop', (error, stopped) => {
      part += 1;
      const name = `${process.pid}-${threadId}-${String(part).padStart(4, '0')}.cpuprofile`;
      if (error === null) writeFileSync(join(folder, name), JSON.stringify(stopped.profile));
    });
    session.post('Profiler.start');
  };
  setInterval(write, EVERY_MS).unref();
  process.on('exit', write);
}

/** Source of a file that, preloaded with `--require`, profiles the process into `folder`. */
export function preloadFor(folder: string): string {
  return `require(${JSON.stringify(__filename)}).startProfiling(${JSON.stringify(folder)});\n`;
}

export interface Hot {
  /** Function, file and line. */
  name: string;
  selfMs: number;
}

/** Self time of each function in every thread of a process, most first; idle time is left out. */
export function hotFunctions(folder: string, pid: number): Hot[] {
  return ranked(folder, pid, ({ functionName, url, lineNumber }) => {
    const file = url.replace(/^file:\/\//, '').replace(/^.*\/(?=(node_modules|dist)\/)/, '');
    return `${functionName === '' ? '(anonymous)' : functionName} ${file}${file === '' ? '' : `:${lineNumber + 1}`}`;
  });
}

/** The same by package or room, to see whose time it is. */
export function hotRooms(folder: string, pid: number): Hot[] {
  return ranked(folder, pid, ({ functionName, url }) => {
    if (url === '') return functionName === '(garbage collector)' ? functionName : '(native)';
    const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(url)?.[1];
    if (packaged !== undefined) return packaged;
    if (url.startsWith('node:')) return url.split('/')[0] ?? url;
    return `rackcast ${/dist\/([^/]+)/.exec(url)?.[1] ?? 'workflow bundle'}`;
  });
}

/** `dispatch` is the inspector itself: where nothing else is on the stack, it stands for waiting. */
const IDLE = new Set(['(idle)', '(root)', '(program)', 'dispatch']);

function ranked(folder: string, pid: number, nameOf: (frame: Profiler.ProfileNode['callFrame']) => string): Hot[] {
  const spent = new Map<string, number>();
  for (const file of readdirSync(folder).filter((each) => each.startsWith(`${pid}-`))) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profiler.Profile;
    const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
    for (const [at, id] of (profile.samples ?? []).entries()) {
      const frame = nodes.get(id);
      if (frame === undefined || IDLE.has(frame.functionName)) continue;
      const name = nameOf(frame);
      spent.set(name, (spent.get(name) ?? 0) + (profile.timeDeltas?.[at] ?? 0) / 1_000);
    }
  }
  return [...spent]
    .map(([name, selfMs]) => ({ name, selfMs: Math.round(selfMs) }))
    .toSorted((a, b) => b.selfMs - a.selfMs);
}
