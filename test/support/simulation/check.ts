/** Plays a number of random programs and says what was tried, and what was found, with the smallest program that shows it. */
import fc from 'fast-check';
import { play, type Loaded } from './play';
import { print, program, type Program } from './program';
import type { Defect } from './stage';

export interface Wanted {
  programs: number;
  seed: number;
  /** Of one failure, as it was printed. */
  path?: string | undefined;
  defect?: Defect | null;
  /** Whether a failure is made as small as possible. */
  shrink?: boolean;
  progress?: (played: number) => void;
}

export interface Checked {
  /** Played, those that made a failure smaller included. */
  programs: number;
  steps: number;
  /** How often each thing that can happen did. */
  injected: Map<string, number>;
  counterexample: string | null;
}

export async function check(loaded: Loaded, wanted: Wanted): Promise<Checked> {
  const { programs, seed, path, defect = null, shrink = true, progress } = wanted;
  const checked: Checked = { programs: 0, steps: 0, injected: new Map(), counterexample: null };
  const property = fc.asyncProperty(program, async (each: Program) => {
    const { faults, steps, injected } = await play(loaded, each, defect);
    checked.programs += 1;
    checked.steps += steps;
    for (const [what, count] of injected) checked.injected.set(what, (checked.injected.get(what) ?? 0) + count);
    progress?.(checked.programs);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  const parameters = { numRuns: programs, seed, endOnFailure: !shrink, ...(path !== undefined && { path }) };
  const found = await fc.check(property, parameters);
  const smallest = found.counterexample?.[0];
  if (found.failed && smallest !== undefined) {
    const at = `seed ${seed}, path ${found.counterexamplePath}`;
    checked.counterexample = `${at}\n${print(smallest)}\n\n${String(found.errorInstance)}`;
  }
  return checked;
}
