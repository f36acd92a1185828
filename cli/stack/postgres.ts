/**
 * The embedded Postgres: created on first use, started, stopped, and started again on the same data.
 *
 * Accepted events live here, so it syncs to disk (tests, whose data nobody keeps, say otherwise). It listens on loopback
 * only, with a password that is made once and lies beside the data, readable by its owner alone.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { requireFree, StackError, until } from './ports';
import { postgresFiles, type PostgresFiles } from './postgres-files';
import type { Program, StackProcess } from './process';

export interface PostgresOptions {
  /** Holds the cluster and its password. */
  folder: string;
  port: number;
  logFile: string;
  env: NodeJS.ProcessEnv;
  durable: boolean;
  launch: (program: Program) => StackProcess;
}

export interface RunningPostgres {
  url: string;
  process: StackProcess;
  notice: string | undefined;
}

const OWNER = 'rackcast';
const DATABASE = 'rackcast';

/** Nothing in it yet: no schema, or no silo registered. Whoever starts on an empty database gets the scenario. */
export async function isEmptyDatabase(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined });
  try {
    const [schema] = await sql<{ present: boolean }[]>`select to_regclass('public.silo') is not null as present`;
    if (schema?.present !== true) return true;
    return (await sql`select 1 from silo limit 1`).length === 0;
  } catch (error) {
    throw new StackError(`the database cannot be used: ${(error as Error).message}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const files = postgresFiles(options.folder);
  const cluster = join(files.dataFolder, 'cluster');
  const password = createCluster(files, cluster);
  await releaseCluster(cluster);
  await requireFree(options.port, '127.0.0.1', 'Postgres', 'RACKCAST_POSTGRES_PORT');
  const started = options.launch({
    name: 'postgres',
    logFile: options.logFile,
    env: { ...options.env, LC_ALL: 'C', LC_MESSAGES: 'C' },
    run: {
      command: join(files.bin, 'postgres'),
      args: ['-D', cluster, '-p', String(options.port), ...parameters(options.durable)],
      stopSignal: 'SIGINT', // "fast": ends the sessions, finishes with a checkpoint
      cwd: files.dataFolder,
      ...files.user,
    },
  });
  const url = (database: string): string => `postgres://${OWNER}:${password}@127.0.0.1:${options.port}/${database}`;
  try {
    await until('Postgres', () => answers(url('postgres')), { seconds: 60, alive: () => started.alive });
    await createDatabase(url('postgres'));
  } catch (error) {
    await started.stop();
    throw new StackError(`${(error as Error).message}\n${started.lastWords()}`);
  }
  return { url: url(DATABASE), process: started, notice: files.notice };
}

function parameters(durable: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    fsync: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Makes the cluster unless it is there; a half-made one (the last start was killed) is made again. Returns its password. */
function createCluster(files: PostgresFiles, cluster: string): string {
  const passwordFile = join(files.dataFolder, 'password');
  const complete = join(files.dataFolder, 'complete');
  if (existsSync(complete)) return readFileSync(passwordFile, 'utf8').trim();
  rmSync(cluster, { recursive: true, force: true });
  mkdirSync(files.dataFolder, { recursive: true });
  writeFileSync(passwordFile, `${randomBytes(18).toString('base64url')}\n`);
  chmodSync(passwordFile, 0o600);
  if (files.user !== undefined) chownSync(passwordFile, files.user.uid, files.user.gid);
  const made = spawnSync(
    join(files.bin, 'initdb'),
    [`--pgdata=${cluster}`, `--username=${OWNER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
      // The same order of names on every machine, whatever locales it has.
      .concat([
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
      ]),
    { ...files.user, cwd: files.dataFolder, encoding: 'utf8' },
  );
  if (made.status !== 0)
    throw new StackError(`Postgres could not be set up: ${made.error?.message ?? made.stderr.trim()}`);
  writeFileSync(complete, '');
  return readFileSync(passwordFile, 'utf8').trim();
}

/** A starter that was killed leaves its Postgres a moment longer, or, after a power cut, only its pid file. */
async function releaseCluster(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  for (let waited = 0; existsSync(file); waited += 200) {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    if (!isPostgres(pid, cluster)) return rmSync(file, { force: true });
    if (waited > 15_000) throw new StackError(`another Postgres (process ${pid}) already runs on ${cluster}`);
    await pause(200);
  }
}

function isPostgres(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // The number may be another program's by now.
  const listed = `/proc/${pid}/cmdline`;
  if (existsSync(listed)) return readFileSync(listed, 'utf8').includes(cluster);
  const seen = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return seen.status !== 0 || seen.stdout.includes(cluster);
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined });
  try {
    await sql`select 1`;
    return true;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function createDatabase(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const there = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (there.length === 0) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
