/** The program that runs at the moment: what the replaced modules work on. One at a time in a process. */
import type { Clock } from './clock';
import type { WorkflowRun } from './workflow-run';
import type { ModelSwitch } from './model-switch';
import type { Tables } from './tables';

export interface Stage {
  clock: Clock;
  tables: Tables;
  /** What the switches really hold, by id. */
  switches: ReadonlyMap<string, ModelSwitch>;
  /** The workflow whose code runs. */
  run: WorkflowRun | null;
  /** Database steps that are to fail, before or after their effect. */
  databaseErrors: ('before' | 'after')[];
  /** Until when some database steps take long. */
  databaseSlowUntil: number;
  /** A deliberate mistake, to see that it is noticed. */
  defect: Defect | null;
  /** Dead workers' doings may still arrive at switches. */
  zombies: boolean;
  /** What was found wrong while it ran. */
  faults: string[];
  /** How often each fault really hit. */
  injected: Map<string, number>;
}

/** Deliberate mistakes, each of which the properties must notice. */
export const DEFECTS = [
  'target not withdrawn',
  'undo reported and not done',
  'requests not compared',
  'events drained destructively',
  'waiters drained destructively',
  'suspect acknowledgement believed',
  'round number not compared',
  'incarnation not compared',
  'ends judged by one group only',
  'ended in memory only',
  'failed first attempt taken for done',
] as const;
export type Defect = (typeof DEFECTS)[number];

let present: Stage | null = null;

export function enter(stage: Stage): void {
  present = stage;
}

export function stage(): Stage {
  if (present === null) throw new Error('no program runs');
  return present;
}

export function hit(what: string): void {
  const { injected } = stage();
  injected.set(what, (injected.get(what) ?? 0) + 1);
}
