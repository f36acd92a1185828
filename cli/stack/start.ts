/**
 * `rackcast start`: the whole path on one machine. Postgres, Temporal, migrations, registration, the rack's simulators,
 * worker and APIs, each a process of its own; on an empty database a short scenario; then it serves until stopped.
 *
 * However it ends, interrupted in the middle of the start included, everything that it started is stopped in reverse order.
 */
import { Listr } from 'listr2';
import type { StackConfig } from '../../config';
import { StackError } from './ports';
import type { RunningStack } from './launcher';
import { startParts } from './parts';
import { showAddresses, showGroups } from './report';
import { playScenario } from './scenario';
import { lockData } from './stack-file';
import { Supervisor } from './supervisor';

export async function runStack(config: StackConfig): Promise<number> {
  const supervisor = new Supervisor((line) => process.stderr.write(`rackcast: ${line}\n`));
  const interrupt = interrupted();
  let release = (): void => {};
  try {
    release = lockData(config.dataDir);
    const stack = await Promise.race([bringUp(config, supervisor), interrupt]);
    if (stack === undefined) return 130;
    process.stdout.write('\nready; Ctrl-C stops everything\n');
    await interrupt;
    return 0;
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    process.stderr.write(`rackcast: ${error.message}\n`);
    return 1;
  } finally {
    await supervisor.stop();
    release();
  }
}

async function bringUp(config: StackConfig, supervisor: Supervisor): Promise<RunningStack> {
  const context = {} as RunningStack;
  await new Listr(startParts(config, supervisor, context), {
    // The display must leave signals to us (stopping has an order), and errors too: they are shown once, in one line.
    registerSignalListeners: false,
    rendererOptions: { showErrorMessage: false },
    fallbackRenderer: 'simple',
  }).run();
  if (context.notice !== undefined) process.stdout.write(`\n${context.notice}\n`);
  if (context.fresh) await playScenario(context);
  await showGroups(context);
  showAddresses(context);
  return context;
}

/** One press of Ctrl-C may arrive twice: from the terminal, and passed on by whoever started us. */
const SAME_PRESS_MS = 500;

/** Resolves at the first request to stop. At a second Ctrl-C nothing is waited for, and the parts end by themselves. */
function interrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    let asked: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked !== undefined) {
          if (signal === 'SIGINT' && Date.now() - asked > SAME_PRESS_MS) process.exit(130);
          return;
        }
        asked = Date.now();
        process.stderr.write('\nrackcast: stopping\n');
        resolve(undefined);
      });
    }
  });
}
