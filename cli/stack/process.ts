/**
 * One process of the local stack: started with its log in a file, stopped within a bounded time, never left behind.
 *
 * Each runs in a process group of its own, so that Ctrl-C reaches the starter alone and the starter decides the order;
 * and each holds a pipe to the starter whose end tells it that the starter is gone (leash.js, tether.js).
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { projectRoot } from './root';

export interface Program {
  name: string;
  logFile: string;
  env: NodeJS.ProcessEnv;
  /** A script of ours with its arguments, or a program of somebody else's. */
  run: { script: string; args?: string[] } | Tethered;
}

export interface Tethered {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
  /** The signal that makes this program stop in its own way. */
  stopSignal: NodeJS.Signals;
  cwd?: string;
}

const GRACE_MS = 10_000;

export class StackProcess {
  #child: ChildProcess;
  #exit: Promise<string>;
  #ended: string | undefined;
  #program: number | undefined;
  #started: Promise<unknown>;
  stopping = false;

  constructor(readonly program: Program) {
    mkdirSync(dirname(program.logFile), { recursive: true });
    const log = openSync(program.logFile, 'a', 0o600);
    this.#child = spawn(process.execPath, nodeArguments(program.run), {
      cwd: projectRoot,
      detached: true,
      env: program.env,
      stdio: 'script' in program.run ? ['pipe', log, log] : ['pipe', log, log, 'ipc'],
    });
    closeSync(log);
    this.#child.stdin?.on('error', () => {});
    const ended = new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
    });
    this.#exit = ended.then(async (how) => {
      await this.#endGroup();
      return (this.#ended = how);
    });
    this.#started = 'script' in program.run ? Promise.resolve() : Promise.race([this.#exit, this.#learnProgram()]);
  }

  /** Of the program itself, not of the tether that holds it. */
  get pid(): number | undefined {
    return this.#program ?? this.#child.pid;
  }

  /** Resolves when `pid` is known for good. */
  get started(): Promise<unknown> {
    return this.#started;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Resolves when the process has ended, with how it ended; never rejects. */
  get exit(): Promise<string> {
    return this.#exit;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (!this.alive) return;
    this.#child.kill('SIGTERM');
    // Twice the program's own bound: the tether needs its time to kill what does not stop.
    const timer = new AbortController();
    const bound = pause(2 * GRACE_MS, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([this.#exit, bound]);
    timer.abort();
    if (this.alive) this.#child.kill('SIGKILL');
    await this.#exit;
  }

  async #learnProgram(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('message', (pid) => {
        this.#program = Number(pid);
        resolve();
      });
    });
  }

  /** A tether that was killed could not stop its program: its group is asked, and made, to end. */
  async #endGroup(): Promise<void> {
    const { run } = this.program;
    if ('script' in run || !this.#signalGroup(run.stopSignal)) return;
    const deadline = Date.now() + GRACE_MS;
    while (this.#signalGroup(0)) {
      if (Date.now() > deadline) return void this.#signalGroup('SIGKILL');
      await pause(50);
    }
  }

  /** False: nobody is left in it. */
  #signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      return this.#child.pid !== undefined && process.kill(-this.#child.pid, signal);
    } catch {
      return false;
    }
  }

  /** The line of its log that a person would look for first: the last one that names an error, else the last one. */
  lastWords(): string {
    const lines = this.tail(60).split('\n');
    const named = lines.findLast((line) => /^(?!\s*at ).*\b(\w*error|fatal|panic|failed|cannot|refused)\b/i.test(line));
    return named ?? lines.at(-1) ?? '';
  }

  tail(lines: number): string {
    try {
      return readFileSync(this.program.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '';
    }
  }
}

/** Megabytes for what grows old: without a bound a busy process keeps its garbage, several times of what is alive. */
const HEAP = '--max-old-space-size=256';

function nodeArguments(run: Program['run']): string[] {
  const stack = join(projectRoot, 'cli', 'stack');
  if ('script' in run) return [HEAP, '--require', join(stack, 'leash.js'), run.script, ...(run.args ?? [])];
  return [join(stack, 'tether.js'), JSON.stringify({ ...run, graceMs: GRACE_MS })];
}
