/**
 * Finds or obtains the `temporal` program, which brings the development server: TEMPORAL_CLI_PATH, the PATH, the copy that
 * an earlier start left in the user's cache, the SDK's download, and where only package registries can be reached, a build
 * with Go. What is obtained is complete or absent: it is made aside and renamed, and only one process makes it at a time.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childEnvironment, type StackConfig } from '../../config';
import { StackError } from './ports';
import { StackProcess, type Program } from './process';
import { projectRoot } from './root';

/** The newest version that `go install` accepts; later ones carry replace directives. */
const VERSION = 'v1.5.1';
const DOWNLOAD_SECONDS = 120;
const BUILD_SECONDS = 30 * 60;

type Settings = Pick<StackConfig, 'temporalCliPath' | 'searchPath' | 'cacheDir'>;
type Progress = (line: string) => void;

export async function temporalCli(settings: Settings, progress: Progress): Promise<string> {
  if (settings.temporalCliPath !== undefined) {
    if (executable(settings.temporalCliPath)) return settings.temporalCliPath;
    throw new StackError(`TEMPORAL_CLI_PATH=${settings.temporalCliPath} is not a program`);
  }
  const installed = onPath('temporal', settings.searchPath);
  if (installed !== undefined) return installed;
  const cached = join(settings.cacheDir, `temporal-cli-${VERSION}`, 'temporal');
  if (!executable(cached)) await onlyOne(settings, progress, () => obtain(settings, cached, progress));
  return cached;
}

async function obtain(settings: Settings, cached: string, progress: Progress): Promise<void> {
  if (executable(cached)) return; // whoever held the lock before us made it
  const aside = join(settings.cacheDir, `temporal-cli-${VERSION}.${process.pid}`);
  mkdirSync(aside, { recursive: true });
  try {
    const made = (await download(aside, progress)) ?? (await build(settings, aside, progress));
    const folder = join(settings.cacheDir, `temporal-cli-${VERSION}`);
    mkdirSync(folder, { recursive: true });
    renameSync(made, cached);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

async function download(aside: string, progress: Progress): Promise<string | undefined> {
  progress('downloading it');
  const script = join(projectRoot, 'cli', 'stack', 'temporal-download.js');
  const program = { name: 'download', logFile: join(aside, 'download.log'), env: childEnvironment({}) };
  const how = await finish({ ...program, run: { script, args: [aside, VERSION] } }, DOWNLOAD_SECONDS, () => {});
  const file = readdirSync(aside).find((name) => !name.endsWith('.log') && executable(join(aside, name)));
  return how === undefined && file !== undefined ? join(aside, file) : undefined;
}

async function build(settings: Settings, aside: string, progress: Progress): Promise<string> {
  const go = onPath('go', settings.searchPath);
  if (go === undefined) {
    throw new StackError(
      "Temporal's CLI could not be downloaded and there is no Go to build it with. Install it (docs.temporal.io/cli), " +
        'or set TEMPORAL_CLI_PATH to it, or TEMPORAL_ADDRESS to a Temporal of your own.',
    );
  }
  progress('building it with Go: about five minutes, once for this user');
  const failed = await finish(
    {
      name: 'go',
      logFile: join(aside, 'go.log'),
      env: childEnvironment({ GOBIN: aside, GOFLAGS: '', GO111MODULE: 'on', GOWORK: 'off' }),
      run: {
        command: go,
        args: ['install', '-v', `github.com/temporalio/cli/cmd/temporal@${VERSION}`],
        stopSignal: 'SIGINT',
        cwd: aside,
      },
    },
    BUILD_SECONDS,
    (packages, seconds) =>
      progress(`building it with Go: ${packages} packages, ${seconds} s (about five minutes, once)`),
  );
  if (failed !== undefined) throw new StackError(`Temporal's CLI could not be built with Go: ${failed}`);
  return join(aside, 'temporal');
}

/** Runs it to its end; returns why it failed, or nothing. */
async function finish(
  program: Program,
  bound: number,
  tick: (lines: number, seconds: number) => void,
): Promise<string | undefined> {
  const running = new StackProcess(program);
  const stop = (): void => void running.stop();
  process.once('exit', stop);
  for (let second = 1; running.alive; second++) {
    await Promise.race([running.exit, pause(1_000)]);
    if (second > bound) {
      await running.stop();
      return `not done within ${bound} s`;
    }
    if (second % 5 === 0) tick(running.tail(100_000).split('\n').filter(Boolean).length, second);
  }
  process.off('exit', stop);
  return (await running.exit) === 'exit code 0' ? undefined : running.tail(3);
}

/** A folder is made by one process only; the others wait for what it makes. One whose maker is gone is taken over. */
async function onlyOne(settings: Settings, progress: Progress, work: () => Promise<void>): Promise<void> {
  const lock = join(settings.cacheDir, `temporal-cli-${VERSION}.lock`);
  mkdirSync(settings.cacheDir, { recursive: true });
  for (let waited = 0; !take(lock); waited++) {
    if (waited > BUILD_SECONDS) throw new StackError(`another process has held ${lock} for too long`);
    if (waited % 10 === 0) progress('another rackcast is obtaining it');
    await pause(1_000);
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : Number.NaN;
    // An empty file is one that its maker is just writing.
    if (holder > 0 && !running(holder)) rmSync(lock, { force: true });
    return false;
  }
}

function running(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function onPath(name: string, searchPath: string): string | undefined {
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
