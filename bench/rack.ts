/**
 * The rack that benchmarks run on: the whole product as the local stack starts it, process by process, on free ports and in a folder
 * of its own: a Postgres that syncs to disk, Temporal's development server on a file, API, worker, switches and sleds.
 * Invariant: whatever the benchmark does, everything that was started here is stopped, and the folder is removed.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { createEmitter, type Emitter } from '../api/client/emitter';
import { startPostgres } from '../cli/stack/postgres';
import { freePort, listening, until } from '../cli/stack/ports';
import { StackProcess, type Program } from '../cli/stack/process';
import { registerNamespace } from '../cli/stack/register';
import { projectRoot } from '../cli/stack/root';
import { temporalCli } from '../cli/stack/temporal-cli';
import { connectTemporal } from '../cli/stack/temporal-client';
import { developmentNamespace, startTemporal } from '../cli/stack/temporal-dev';
import { workerPolls } from '../cli/stack/worker-ready';
import { childEnvironment, loadStackConfig } from '../config';
import { openDatabase, type Db } from '../db/client';
import { migrate } from '../db/migrate';
import { buildIdOf, setCurrentBuild } from '../temporal/deployment';
import { RECONCILE_SCHEDULE } from '../domain/workflow-ids';
import { say } from './command';
import { preloadFor } from './profiler';
import { enableStatements } from './statements';
import { usageOf, usageWithChildren, type Usages } from './usage';

export interface RackOptions {
  switches?: number;
  sleds?: number;
  /** Of the switches' tables; without an end unless asked for. */
  limits?: 'real' | 'none';
  /** Where the API's and the worker's CPU profiles go. */
  profile?: string;
}

export interface BenchSwitch {
  id: string;
  slot: number;
  address: string;
}

export interface BenchSled {
  id: string;
  rearPort: number;
}

export const TASK_QUEUE = 'rackcast';
const TOKEN = 'the-token-of-a-benchmark';

export type Rack = Awaited<ReturnType<typeof startRack>>;

/** Runs `work` on a rack, which ends with it. */
export async function withRack<T>(options: RackOptions, work: (rack: Rack) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rackcast-bench-'));
  chmodSync(folder, 0o755); // Postgres may have to run as another user
  const processes = new Map<string, StackProcess>();
  const stop = async (): Promise<void> => {
    for (const started of [...processes.values()].reverse()) await started.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  try {
    const rack = await startRack(folder, processes, options);
    try {
      return await work(rack);
    } finally {
      await rack.disconnect();
    }
  } finally {
    await stop();
  }
}

async function startRack(folder: string, processes: Map<string, StackProcess>, options: RackOptions) {
  const settings = developmentNamespace();
  const launch = (program: Program): StackProcess => {
    const started = new StackProcess(program);
    processes.set(program.name, started);
    return started;
  };
  const log = (name: string): string => join(folder, `${name}.log`);
  /** A Node program of this build. */
  const run = (name: string, script: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): StackProcess =>
    launch({
      name,
      logFile: log(name),
      env: childEnvironment(env),
      run: { script: join(projectRoot, 'dist', script), args },
    });
  const listens = async (started: StackProcess, port: number): Promise<void> => {
    const { name } = started.program;
    const failed = (error: Error): never => {
      throw new Error(`${name}: ${error.message}\n${started.tail(5)}`);
    };
    await until(name, () => listening('127.0.0.1', port), { seconds: 60, alive: () => started.alive }).catch(failed);
  };

  const base = await postgres(folder, launch, options.profile !== undefined);
  const temporalPort = await freePort();
  const cli = await temporalCli(loadStackConfig(), say);
  await startTemporal(settings, {
    cli,
    port: temporalPort,
    uiPort: undefined,
    databaseFile: join(folder, settings.server['db-filename']),
    namespace: 'default',
    logFile: log('temporal'),
    env: childEnvironment({}),
    launch,
  });
  const address = `127.0.0.1:${temporalPort}`;
  const client = await connectTemporal({ address }, 'default');
  await registerNamespace(client, {
    settings,
    taskQueue: TASK_QUEUE,
    namespace: 'default',
    reconcileEvery: undefined,
    ours: true,
  });
  // A pass in the middle of a measurement would be counted with it.
  await client.schedule.getHandle(RECONCILE_SCHEDULE).pause();

  const external = await freePort();
  const internal = await freePort();
  const environment = {
    DATABASE_URL: base.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    RACKCAST_DATA_DIR: folder,
    RACKCAST_TASK_QUEUE: TASK_QUEUE,
    RACKCAST_EXTERNAL_API: `127.0.0.1:${external}`,
    RACKCAST_INTERNAL_API: `127.0.0.1:${internal}`,
    RACKCAST_INTERNAL_TOKEN: TOKEN,
    RACKCAST_MULTICAST_ENABLED: 'true',
    ...profiling(folder, options.profile),
  };
  const worker = run('worker', 'worker.js', [], environment);
  await until('worker', () => workerPolls(client, TASK_QUEUE, worker.pid), { seconds: 60, alive: () => worker.alive });
  await setCurrentBuild(client, buildIdOf(join(projectRoot, 'dist', 'workflow-bundle.js')));
  await listens(run('api', join('api', 'main.js'), [], environment), internal);

  const emitter = createEmitter({ address: `127.0.0.1:${internal}`, token: TOKEN });
  const rack = {
    folder,
    db: base.db,
    databaseUrl: base.url,
    client,
    temporalAddress: address,
    emitter,
    internal: { url: `http://127.0.0.1:${internal}`, token: TOKEN },
    external: `http://127.0.0.1:${external}`,
    siloId: randomUUID(),
    projectId: randomUUID(),
    switches: await startSwitches(options.switches ?? 2, options.limits ?? 'none', run, listens),
    sleds: await startSleds(options.sleds ?? 16, run, listens),
    run,
    listens,
    log,
    /** CPU and memory of every process so far, and of this one, which is the control plane. */
    usage: (): Usages => ({ ...usages(processes), client: usageOf(process.pid) }),
    pid: (name: string): number => processes.get(name)?.pid ?? 0,
    disconnect: async (): Promise<void> => {
      await (client.connection as Connection).close();
      await base.close();
    },
  };
  await registerRack(emitter, rack);
  await inService(base.db, rack.switches.length);
  say('the rack is up');
  return rack;
}

async function postgres(folder: string, launch: (program: Program) => StackProcess, profiled: boolean) {
  const options = {
    folder: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    env: childEnvironment({}),
    durable: true,
    launch,
  };
  if (profiled) {
    const first = await startPostgres(options);
    await enableStatements(first.url);
    await first.process.stop();
  }
  const { url } = await startPostgres(options);
  await migrate(url);
  return { url, ...openDatabase(url, 4) };
}

type Run = (name: string, script: string, args?: string[], env?: NodeJS.ProcessEnv) => StackProcess;
type Listens = (started: StackProcess, port: number) => Promise<void>;

async function startSwitches(
  count: number,
  limits: 'real' | 'none',
  run: Run,
  listens: Listens,
): Promise<BenchSwitch[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, slot) => {
      const port = await freePort();
      await listens(run(`switch${slot}`, join('bench', 'simulators.js'), ['switch', String(port), limits]), port);
      return { id: randomUUID(), slot, address: `http://127.0.0.1:${port}` };
    }),
  );
}

async function startSleds(count: number, run: Run, listens: Listens): Promise<(BenchSled & { agent: string })[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const sleds = ports.map((port, at) => ({ id: randomUUID(), rearPort: at, agent: `http://127.0.0.1:${port}`, port }));
  const started = run('sleds', join('bench', 'simulators.js'), [
    'sleds',
    ...sleds.map(({ id, port }) => `${id}=${port}`),
  ]);
  await listens(started, ports.at(-1) ?? 0);
  return sleds;
}

async function registerRack(
  emitter: Emitter,
  rack: {
    siloId: string;
    projectId: string;
    switches: BenchSwitch[];
    sleds: (BenchSled & { agent: string })[];
  },
): Promise<void> {
  await emitter.putSilo(rack.siloId, { name: 'bench' });
  await emitter.putProject(rack.projectId, { silo_id: rack.siloId, name: 'bench' });
  for (const { id, slot, address } of rack.switches) await emitter.putSwitch(id, { slot, dpd_address: address });
  for (const { id, rearPort, agent } of rack.sleds)
    await emitter.putSled(id, { cubby: rearPort, agent_address: agent, agent_api_version: 5 });
}

export async function inService(db: Db, count: number, seconds = 60): Promise<void> {
  await until(
    'every switch in service',
    async () => (await db.execute(`select 1 from switch where service = 'in_service'`)).length === count,
    { seconds },
  );
}

function usages(processes: Map<string, StackProcess>): Usages {
  return Object.fromEntries(
    [...processes]
      .filter(([, started]) => started.alive)
      .map(([name, started]) => [
        name,
        name === 'postgres' ? usageWithChildren(started.pid ?? 0) : usageOf(started.pid ?? 0),
      ]),
  );
}

function profiling(folder: string, profiles: string | undefined): NodeJS.ProcessEnv {
  if (profiles === undefined) return {};
  mkdirSync(profiles, { recursive: true });
  const preload = join(folder, 'preload.js');
  writeFileSync(preload, preloadFor(profiles));
  return { NODE_OPTIONS: `--require=${preload}` };
}
