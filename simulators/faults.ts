/**
 * Faults on demand, the same for every simulator: a request that matches is answered with a status, delayed, or its
 * connection cut before or after the effect. Invariant: each request takes at most one fault (the oldest that matches
 * and has some left), and every one taken is counted, so that a test that asks for three can see that three happened.
 */
import { z } from 'zod';

const FaultAction = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    message: z.string().optional(),
    error_code: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('drop'), when: z.enum(['before', 'after']) }),
]);

/** What a request must have, all of it; nothing = every request. */
const FaultMatch = z.strictObject({
  method: z.string().toUpperCase().optional(),
  /** A path without its query, and all beneath it; `*` stands for any run of characters, slashes included. */
  path: z.string().regex(/^[/*]/, 'a path begins with / or *; a regular expression goes into path_pattern').optional(),
  /** A regular expression, looked for anywhere in path and query. */
  path_pattern: z.string().refine(isPattern, { error: 'not a regular expression' }).optional(),
});

/** The body of `POST /sim/faults`. */
export const FaultRequest = z.strictObject({
  match: FaultMatch.default({}),
  action: FaultAction,
  /** How many requests it hits; null = until cleared. */
  times: z.int().min(1).nullable().default(null),
});

/** `status`: instead of the effect. `delay`: `ms`, then as usual. `drop`: cut the connection before or after the effect. */
export type FaultAction = z.output<typeof FaultAction>;
export type FaultRequest = z.input<typeof FaultRequest>;
export type Fault = z.output<typeof FaultRequest> & { id: number; injected: number };

export class FaultPlan {
  private faults: { fault: Fault; fits: (url: string) => boolean }[] = [];
  private lastId = 0;

  add(request: FaultRequest): Fault {
    const fault: Fault = { ...FaultRequest.parse(request), id: ++this.lastId, injected: 0 };
    this.faults.push({ fault, fits: pathTest(fault.match) });
    return { ...fault };
  }

  /** Removes all faults; says how many there were. */
  clear(): number {
    return this.faults.splice(0).length;
  }

  /** All faults, oldest first, with how often each was injected; those used up stay listed until cleared. */
  list(): Fault[] {
    return this.faults.map(({ fault }) => ({ ...fault }));
  }

  /** The action for this request, or null. Counts it as injected. `url` is path and query. */
  take(method: string, url: string): FaultAction | null {
    for (const { fault, fits } of this.faults) {
      if (fault.times !== null && fault.injected >= fault.times) continue;
      if (fault.match.method !== undefined && fault.match.method !== method) continue;
      if (!fits(url)) continue;
      fault.injected += 1;
      return fault.action;
    }
    return null;
  }
}

function pathTest({ path, path_pattern }: Fault['match']): (url: string) => boolean {
  const beneath = path === undefined ? null : wildcard(path);
  const pattern = path_pattern === undefined ? null : new RegExp(path_pattern);
  return (url) => (beneath?.test(url.split('?')[0] ?? '') ?? true) && (pattern?.test(url) ?? true);
}

function wildcard(path: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${path.split('*').map(literal).join('.*')}(/.*)?$`);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
