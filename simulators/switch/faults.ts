/**
 * Faults injected into the daemon's answers. Invariant: a fault counts as injected only when it has really changed an
 * answer, so a test that asks for three can see that three happened.
 */
import { z } from 'zod';

export const FaultSpec = z.object({
  match: z
    .object({
      method: z.string().toUpperCase().optional(),
      /** Beginning of the path and query; with characters such as `^ $ * ( [ |` in it, a regular expression on them. */
      path: z.string().optional(),
    })
    .default({}),
  action: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('status'), status: z.int().min(200).max(599), message: z.string().optional() }),
    z.object({ kind: z.literal('delay'), ms: z.int().min(0).max(600_000) }),
    z.object({ kind: z.literal('drop'), when: z.enum(['before', 'after']) }),
  ]),
  /** How often; null: until it is removed. */
  times: z.int().min(1).nullable().default(null),
});
export type FaultSpec = z.input<typeof FaultSpec>;
export type FaultAction = z.infer<typeof FaultSpec>['action'];

interface Fault extends z.infer<typeof FaultSpec> {
  id: number;
  /** Answers really changed so far. */
  injected: number;
}

const REGEXP_CHARACTERS = /[\\^$*+?()[\]{}|]/;

export class Faults {
  private readonly faults: Fault[] = [];
  private lastId = 0;

  add(spec: FaultSpec): number {
    const fault = { ...FaultSpec.parse(spec), id: ++this.lastId, injected: 0 };
    if (fault.match.path && REGEXP_CHARACTERS.test(fault.match.path)) new RegExp(fault.match.path);
    this.faults.push(fault);
    return fault.id;
  }

  /** The first fault that fits and is not used up; taking it counts. */
  take(method: string, pathAndQuery: string): FaultAction | null {
    const fault = this.faults.find((candidate) => fits(candidate, method, pathAndQuery));
    if (!fault) return null;
    fault.injected += 1;
    return fault.action;
  }

  list(): Fault[] {
    return structuredClone(this.faults);
  }

  clear(): void {
    this.faults.length = 0;
  }
}

function fits({ match, times, injected }: Fault, method: string, path: string): boolean {
  if (times !== null && injected >= times) return false;
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return REGEXP_CHARACTERS.test(match.path) ? new RegExp(match.path).test(path) : path.startsWith(match.path);
}
