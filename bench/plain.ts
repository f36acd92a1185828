/** The other baseline: the same work without durability, in one process beside the same Postgres, with its CPU. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../cli/stack/ports';
import { projectRoot } from '../cli/stack/root';
import { round, say } from './command';
import type { PlainInput } from './plain-saga';
import type { Rack } from './rack';

export interface PlainFigures {
  per_second: number;
  p50_ms: number;
  p99_ms: number;
  cpu_ms_per_event: number;
}

type Work = Pick<PlainInput, 'events' | 'groups' | 'switches' | 'concurrency' | 'coalesced'>;

export async function plainWork(rack: Rack, work: Work): Promise<PlainFigures> {
  const port = await freePort();
  const stub = rack.run('stub', join('bench', 'plain-switch.js'), [String(port)]);
  await rack.listens(stub, port);
  // A database of its own: the transactions of the measured one are counted.
  const url = new URL(rack.databaseUrl);
  url.pathname = '/postgres';
  const input: PlainInput = { ...work, url: url.href, stub: `http://127.0.0.1:${port}` };
  try {
    const child = fork(join(projectRoot, 'dist', 'bench', 'plain-saga.js'), [JSON.stringify(input)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let before = { postgres: 0, stub: 0 };
    const figures = await new Promise<Omit<PlainFigures, 'cpu_ms_per_event'> & { app_cpu_ms: number }>(
      (resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`it ended before it had measured (${code})`)));
        child.on('message', (message) => {
          if (message !== 'warm') return resolve(message as never);
          before = others(rack);
          child.send('go');
        });
      },
    );
    const after = others(rack);
    const cpu = figures.app_cpu_ms + after.postgres - before.postgres + after.stub - before.stub;
    say(`without durability${work.coalesced ? ', writes shared' : ''}: ${figures.per_second}/s`);
    const { app_cpu_ms: _, ...rest } = figures;
    return { ...rest, cpu_ms_per_event: round(cpu / work.events) };
  } finally {
    await stub.stop();
  }
}

function others(rack: Rack): { postgres: number; stub: number } {
  const usage = rack.usage();
  return { postgres: usage['postgres']?.cpuMs ?? 0, stub: usage['stub']?.cpuMs ?? 0 };
}
