/** What a run of a workflow is told, what it asks for, and what a worker's memory holds of it. */
import type { Duration } from '@temporalio/common/lib/time';
import type { Owner } from './clock';
import { stage } from './stage';
import type { WorkflowRun } from './workflow-run';

export interface Options {
  summary?: string;
  startToCloseTimeout: Duration;
  scheduleToCloseTimeout?: Duration;
  retry?: {
    initialInterval?: Duration;
    backoffCoefficient?: number;
    maximumInterval?: Duration;
    maximumAttempts?: number;
  };
}

export type Incoming =
  | { kind: 'start' }
  | { kind: 'signal'; name: string; args: unknown[] }
  | { kind: 'done'; seq: number; value: unknown }
  | { kind: 'failed'; seq: number; error: Error }
  | { kind: 'timer'; seq: number };

export type Command =
  | { kind: 'activity'; seq: number; name: string; input: unknown; options: Options }
  | { kind: 'timer'; seq: number; ms: number };

export interface LocalCall {
  seq: number;
  name: string;
  input: unknown;
  options: Options;
}

export class ContinueAsNew extends Error {
  constructor(readonly input: unknown) {
    super('continue as new');
  }
}

export type Ended = { value: unknown } | { error: unknown };

/** What a run needs of the server and of its worker. */
export interface Host {
  function(type: string): (input: unknown) => Promise<unknown>;
  send(run: WorkflowRun, command: Command): void;
  local(run: WorkflowRun, life: Life, call: LocalCall): void;
  closed(run: WorkflowRun, ended: Ended): void;
}

export interface Task {
  events: Incoming[];
  locals: { seq: number; value: unknown }[];
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** How many there are. */
export const WORKERS = 2;

/** What a worker's memory holds of a run. */
export class Life {
  readonly owner: Owner = { alive: true };
  /** In which worker. */
  readonly worker = stage().clock.random.below(WORKERS);
  readonly waiting = new Map<number, Waiting>();
  readonly conditions = new Set<{ holds(): boolean; resolve(): void }>();
  readonly handlers = new Map<string, (...args: unknown[]) => void>();
  early: Extract<Incoming, { kind: 'signal' }>[] = [];
  commands: Command[] = [];
  seq = 0;
  /** Local activities that are not over. */
  locals = 0;
  tasks = 0;
  replaying = false;
  ended: Ended | null = null;
}

export function settle(life: Life, seq: number, how: (waiting: Waiting) => void, what: string): void {
  const waiting = life.waiting.get(seq);
  if (waiting === undefined) stage().faults.push(`nobody waits for ${what}`);
  else how(waiting);
  life.waiting.delete(seq);
}

/** Lets those go on whose condition holds now; whether there were any. */
export function unblock(life: Life): boolean {
  let moved = false;
  for (const entry of life.conditions) {
    if (!entry.holds()) continue;
    life.conditions.delete(entry);
    entry.resolve();
    moved = true;
  }
  return moved;
}
