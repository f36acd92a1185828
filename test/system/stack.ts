/**
 * The built stack, running as processes, and everything that a test needs to drive it, look into it and hurt it. One at a
 * time on a machine: whoever comes second waits.
 */
import { rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { createEmitter, type Emitter } from '../../api/client/emitter';
import { readStackFile, type StackFile } from '../../cli/stack/stack-file';
import { connectTemporal } from '../../cli/stack/temporal-client';
import { workerPolls } from '../../cli/stack/worker-ready';
import { openDatabase, type Db } from '../../db/client';
import { caller, type Call } from '../support/http';
import { until } from '../support/rack';
import { freePortRange, Launched, processesOf, temporaryFolder, type Settings } from './launch';

export type Part = 'worker' | 'api' | 'temporal' | 'postgres' | 'switch0' | 'switch1' | 'sled0';

const TASK_QUEUE = 'rackcast';
const BACK_MS = 60_000;
const TURN_MS = 600_000;

export class SystemStack {
  launched!: Launched;
  emitter!: Emitter;
  internal!: Call;
  external!: Call;
  db!: Db;
  temporal!: Client;
  #close: () => Promise<void> = async () => undefined;

  private constructor(
    readonly settings: Settings,
    readonly release: () => void,
  ) {}

  static async start(): Promise<SystemStack> {
    const release = await myTurn();
    const stack = new SystemStack({ dataDir: temporaryFolder(), portBase: await freePortRange() }, release);
    await stack.start().catch(async (error: unknown) => {
      await stack.end();
      throw error;
    });
    return stack;
  }

  /** Also for a second start on the same data. */
  async start(): Promise<void> {
    this.launched = new Launched(this.settings);
    await this.launched.ready();
    const { internal_api, internal_token, external_api, token, database_url, temporal } = this.file;
    // Patient: whatever is killed comes back within this.
    this.emitter = createEmitter({ address: internal_api, token: internal_token, retryForMs: 120_000 });
    this.internal = caller(internal_api, { token: internal_token });
    this.external = caller(external_api, { token });
    const database = openDatabase(database_url, 4);
    this.db = database.db;
    this.temporal = await connectTemporal({ address: temporal }, 'default');
    this.#close = async () => {
      await database.close();
      await this.temporal.connection.close();
    };
  }

  /** As it is now: after a part was started again it names another process. */
  get file(): StackFile {
    const file = readStackFile(this.settings.dataDir);
    if (file === undefined) throw new Error('there is no stack.json');
    return file;
  }

  /** The database's ids of the switches, by slot. */
  async switches(): Promise<{ id: string; address: string }[]> {
    const rows = await this.db.execute<{ id: string; address: string }>(
      sql`select id, dpd_address as address from switch order by slot`,
    );
    return [...rows];
  }

  /** Returns the process that was hit. */
  kill(part: Part, signal: NodeJS.Signals = 'SIGKILL'): number {
    const pid = this.file.pids[part];
    if (pid === undefined) throw new Error(`${part} does not run`);
    process.kill(pid, signal);
    return pid;
  }

  /** Another process runs in its place, and serves. */
  async back(part: Part, killed: number): Promise<void> {
    const again = async () =>
      this.file.pids[part] !== undefined && this.file.pids[part] !== killed && this.serves(part);
    await until(`${part} is back`, () => again().catch(() => false), BACK_MS);
  }

  async serves(part: Part): Promise<boolean> {
    const { internal_api, switches, sled_agents, pids } = this.file;
    if (part === 'postgres') return (await this.db.execute(sql`select 1`)).length === 1;
    if (part === 'worker') return workerPolls(this.temporal, TASK_QUEUE, pids['worker']);
    if (part === 'temporal')
      return (await this.temporal.workflowService.describeNamespace({ namespace: 'default' })) !== null;
    if (part === 'api') return (await fetch(internal_api)).status > 0;
    const daemon = part === 'sled0' ? sled_agents[0] : switches[part === 'switch0' ? 0 : 1];
    return (await fetch(`${daemon?.address}/sim/requests`)).ok;
  }

  /** Runs a workflow of the schedules now. */
  async run<T>(workflowType: string): Promise<T> {
    const workflowId = `${workflowType}-asked-${Date.now()}`;
    return (await this.temporal.workflow.execute(workflowType, { taskQueue: TASK_QUEUE, workflowId, args: [] })) as T;
  }

  /** Ctrl-C; the data stays. Returns the exit code and whoever is still there. */
  async stop(): Promise<{ code: number | null; left: string[] }> {
    await this.#close().catch(() => undefined);
    this.#close = async () => undefined;
    const code = await this.launched.interrupt();
    return { code, left: processesOf(this.settings.dataDir) };
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.settings.dataDir, { recursive: true, force: true });
    this.release();
  }
}

/** Two stacks at once would only make each other slow. */
async function myTurn(): Promise<() => void> {
  const lock = join(tmpdir(), 'rackcast-system.lock');
  const taken = (): boolean => {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return true;
    } catch {
      if (!isAlive(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true });
      return false;
    }
  };
  await until('no other stack runs for tests', taken, TURN_MS);
  return () => rmSync(lock, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
