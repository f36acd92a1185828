/**
 * `npm start` as a person runs it: a process group of its own, on a free range of ports and a data folder of its own, with
 * none of this process's settings. Also what it leaves behind: every process that has its data folder in its environment.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../../config';
import { requireFree } from '../../cli/stack/ports';
import { projectRoot } from '../../cli/stack/root';
import { until } from '../support/rack';

export interface Settings {
  dataDir: string;
  portBase: number;
  /** More of the environment. */
  more?: Record<string, string>;
}

/** Of the whole stack: base +0 to +12. */
const PORTS = 13;
const [LOWEST, HIGHEST] = [20_000, 32_000];
const READY_MS = 180_000;
const END_MS = 60_000;

/** Settings of the person who runs the tests would change what is tested. */
const UNSET = [
  'DATABASE_URL',
  'RACKCAST_EXTERNAL_API',
  'RACKCAST_INTERNAL_API',
  'RACKCAST_INTERNAL_TOKEN',
  'RACKCAST_MULTICAST_ENABLED',
  'RACKCAST_POSTGRES_PORT',
  'RACKCAST_SWITCHES',
  'RACKCAST_TASK_QUEUE',
  'RACKCAST_TEMPORAL_PORT',
  'RACKCAST_TEMPORAL_UI_PORT',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
];

export class Launched {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  output = '';
  errors = '';

  constructor(readonly settings: Settings) {
    const { dataDir, portBase, more } = settings;
    this.#child = spawn(process.execPath, [join(projectRoot, 'cli', 'bootstrap.js'), 'start'], {
      cwd: projectRoot,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment({
        ...Object.fromEntries(UNSET.map((name) => [name, undefined])),
        RACKCAST_DATA_DIR: dataDir,
        RACKCAST_PORT_BASE: String(portBase),
        RACKCAST_RECONCILE_EVERY: '5s',
        ...more,
      }),
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Fails with what it said when it ends instead. */
  async ready(): Promise<void> {
    await until(
      'the stack is ready',
      () => {
        if (this.#child.exitCode !== null) throw new Error(`it ended:\n${this.output}\n${this.errors}`);
        return this.output.includes('\nready;');
      },
      READY_MS,
    ).catch(async (error: Error) => {
      await this.interrupt();
      throw new Error(`${error.message}\n${this.output}\n${this.errors}`);
    });
  }

  /** Ctrl-C: the terminal sends it to the whole group. */
  async interrupt(): Promise<number | null> {
    if (this.#child.exitCode === null) process.kill(-this.#child.pid!, 'SIGINT');
    const late = setTimeout(() => process.kill(-this.#child.pid!, 'SIGKILL'), END_MS);
    const code = await this.#ended;
    clearTimeout(late);
    return code;
  }

  /** For a start that ends by itself. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }
}

/** A folder that Postgres can reach too when it has to run as another user. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rackcast-system-'));
  chmodSync(folder, 0o755);
  return folder;
}

export async function freePortRange(): Promise<number> {
  for (;;) {
    const base = LOWEST + Math.floor((Math.random() * (HIGHEST - LOWEST)) / PORTS) * PORTS;
    const ports = Array.from({ length: PORTS }, (_, at) => base + at);
    const free = await Promise.all(
      ports.map((port) =>
        requireFree(port, '127.0.0.1', '', '').then(
          () => true,
          () => false,
        ),
      ),
    );
    if (free.every(Boolean)) return base;
  }
}

/** Their command lines; only where the system shows other processes' environments. */
export function processesOf(dataDir: string): string[] {
  const wanted = `RACKCAST_DATA_DIR=${dataDir}`;
  const found: string[] = [];
  for (const pid of pids()) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted)) continue;
      found.push(`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`);
    } catch {
      // It ended, or is not ours to look into.
    }
  }
  return found;
}

function pids(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
