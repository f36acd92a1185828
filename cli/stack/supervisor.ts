/**
 * The processes of one local stack: started in order, restarted when they die by themselves, stopped in reverse order.
 *
 * Once stopping has begun nothing is started any more, so that an interrupt in the middle of the start leaves nothing
 * behind. Only processes that this supervisor started are ever stopped.
 */
import { existsSync, renameSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { StackError } from './ports';
import { StackProcess, type Program } from './process';

const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
/** A process that lived this long did not die of its start. */
const HEALTHY_MS = 10_000;

interface Part {
  process: StackProcess;
  startedAt: number;
  backoff: number;
}

export class Supervisor {
  readonly #parts = new Map<string, Part>();
  readonly #stop = new AbortController();

  /** Called when a part runs again, as another process. */
  restarted = (): void => {};

  /** `say` gets the one line that a death is worth. */
  constructor(readonly say: (line: string) => void) {}

  /** Starts a program. Its log of the last start is kept as `<name>.previous.log`. */
  launch = (program: Program): StackProcess => {
    const { logFile } = program;
    if (existsSync(logFile)) renameSync(logFile, logFile.replace(/\.log$/, '.previous.log'));
    return this.#start(program, BACKOFF_MIN_MS);
  };

  /** From here on its end is news, and it is started again. Before, whoever waits for it to be ready is told. */
  keep(started: StackProcess): void {
    void started.exit.then((how) => this.#died(started, how));
  }

  get pids(): Record<string, number | undefined> {
    const alive = [...this.#parts].filter(([, part]) => part.process.alive);
    return Object.fromEntries(alive.map(([name, part]) => [name, part.process.pid]));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    for (const [, part] of [...this.#parts].reverse()) await part.process.stop();
  }

  #start(program: Program, backoff: number): StackProcess {
    if (this.#stop.signal.aborted) throw new StackError('stopped');
    const started = new StackProcess(program);
    this.#parts.set(program.name, { process: started, startedAt: Date.now(), backoff });
    return started;
  }

  async #died(dead: StackProcess, how: string): Promise<void> {
    const { program } = dead;
    const part = this.#parts.get(program.name);
    if (this.#stop.signal.aborted || dead.stopping || part?.process !== dead) return;
    const backoff = Date.now() - part.startedAt > HEALTHY_MS ? BACKOFF_MIN_MS : part.backoff;
    this.say(`${program.name} ended (${how}); starting it again in ${backoff / 1_000} s. ${lastWords(dead)}`);
    await pause(backoff, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    if (this.#stop.signal.aborted) return;
    const again = this.#start(program, Math.min(2 * backoff, BACKOFF_MAX_MS));
    this.keep(again);
    await again.started;
    this.restarted();
  }
}

function lastWords(dead: StackProcess): string {
  const line = dead.lastWords();
  return line === '' ? `Log: ${dead.program.logFile}` : `Last in ${dead.program.logFile}: ${line}`;
}
