/** A worker in a process of its own, which holds the calls that it is told to: to be killed, or to come too late. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestRack } from './rack';
import { temporalAddress, workflowBundle } from './servers';
import type { ActivityName } from './injector';

export interface VictimSpec {
  databaseUrl: string;
  temporalAddress: string;
  taskQueue: string;
  codePath: string;
  holds: { activity: ActivityName; about: string[] }[];
  at: 'before' | 'after';
  visibleSteps: boolean;
}

/** What it says: a call is held, by its number; all of them have ended. */
export type VictimReport = { held: number } | 'ended';
/** `retire`: takes no more work, and keeps what it holds. `release`: goes on with what it holds. */
export type VictimOrder = 'retire' | 'release';

export interface Victim {
  /** Once all calls are held. */
  reached: Promise<void>;
  held: ReadonlySet<number>;
  retire(): void;
  /** Lets it go on with what it holds, and waits until that is over. */
  release(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** Its rounds go as those of the rack's own worker do. */
export async function startVictim(rack: TestRack, holds: VictimSpec['holds'], at: VictimSpec['at']): Promise<Victim> {
  const { codePath } = await workflowBundle();
  const { databaseUrl, taskQueue, visibleSteps } = rack;
  const spec: VictimSpec = {
    databaseUrl,
    taskQueue,
    temporalAddress: temporalAddress(),
    codePath,
    holds,
    at,
    visibleSteps,
  };
  const child = fork(join(__dirname, 'run.js'), [join(__dirname, 'victim-worker.ts'), JSON.stringify(spec)], {
    execArgv: [],
  });
  const held = new Set<number>();
  const reached = told(child, (report) => {
    if (report !== 'ended') held.add(report.held);
    return held.size === holds.length;
  });
  const ended = told(child, (report) => report === 'ended');
  const order = (what: VictimOrder) => child.send(what);
  return {
    reached,
    held,
    retire: () => void order('retire'),
    release: () => (order('release'), ended),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function told(child: ChildProcess, isIt: (report: VictimReport) => boolean): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (report: VictimReport) => {
      if (isIt(report)) resolve();
    });
  });
}
