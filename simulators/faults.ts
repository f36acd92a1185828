/**
 * Faults on demand, the same for every simulator: a request that matches is answered with a status, delayed, or its connection
 * dropped before or after the effect; a paused simulator accepts connections and answers nothing until it is resumed.
 * Invariant: each request takes at most one fault (the oldest that matches and has some left), and every one taken is counted.
 */
import { z } from 'zod';
import type { RequestLog } from './requests';

const FaultAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status'), status: z.int().min(200).max(599), message: z.string().optional() }),
  z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('drop'), when: z.enum(['before', 'after']) }),
]);

/** The body of `POST /sim/faults`. */
const FaultRequest = z.strictObject({
  /** `path` is compared with the request's path without its query; `*` stands for any run of characters, slashes included. */
  match: z.strictObject({ method: z.string().optional(), path: z.string().optional() }).default({}),
  action: FaultAction,
  /** How many requests it hits; null = until cleared. */
  times: z.int().min(1).nullable().default(null),
});

/** `status`: instead of the effect. `delay`: `ms`, then as usual. `drop`: close the connection before or after the effect. */
export type FaultAction = z.output<typeof FaultAction>;
export type FaultRequest = z.input<typeof FaultRequest>;
export type Fault = z.output<typeof FaultRequest> & { id: number; injected: number };

export class FaultPlan {
  private faults: { fault: Fault; path: RegExp | null }[] = [];
  private lastId = 0;
  private gate: Gate | null = null;

  add(request: FaultRequest): Fault {
    const fault: Fault = { ...FaultRequest.parse(request), id: ++this.lastId, injected: 0 };
    this.faults.push({ fault, path: fault.match.path === undefined ? null : wildcard(fault.match.path) });
    return { ...fault };
  }

  /** Removes all faults; says how many there were. Does not resume. */
  clear(): number {
    return this.faults.splice(0).length;
  }

  /** All faults, oldest first, with how often each was injected; those used up stay listed until cleared. */
  list(): Fault[] {
    return this.faults.map(({ fault }) => ({ ...fault }));
  }

  /** The action for this request, or null. Counts it as injected. `path` comes without its query. */
  take(method: string, path: string): FaultAction | null {
    for (const { fault, path: pattern } of this.faults) {
      if (fault.times !== null && fault.injected >= fault.times) continue;
      if (fault.match.method !== undefined && fault.match.method.toUpperCase() !== method) continue;
      if (pattern !== null && !pattern.test(path)) continue;
      fault.injected += 1;
      return fault.action;
    }
    return null;
  }

  get paused(): boolean {
    return this.gate !== null;
  }

  pause(): void {
    this.gate ??= closedGate();
  }

  resume(): void {
    this.gate?.resolve();
    this.gate = null;
  }

  /** Resolves as soon as the simulator is not paused. Wait for it before anything else is done with a request. */
  async running(): Promise<void> {
    while (this.gate !== null) await this.gate.promise;
  }
}

/** Waits without keeping the process alive; for `delay`. */
export function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

/** `body` null = no content (send 204-like with no body). */
export interface AdminAnswer {
  status: number;
  body: unknown;
}

/**
 * The admin routes every simulator has: `POST|GET|DELETE /sim/faults`, `POST /sim/pause`, `POST /sim/resume`,
 * `GET|DELETE /sim/requests`, `GET /sim/requests/log`. `body` is the parsed JSON (undefined when there is none).
 * Returns null for any other route: the simulator's own come next. A wrong body is a 400 that names the field.
 */
export function handleAdmin(
  on: { faults: FaultPlan; requests: RequestLog },
  method: string,
  path: string,
  body: unknown,
): AdminAnswer | null {
  switch (`${method} ${path}`) {
    case 'POST /sim/faults': {
      const request = FaultRequest.safeParse(body);
      if (!request.success) return { status: 400, body: { message: z.prettifyError(request.error) } };
      return { status: 201, body: on.faults.add(request.data) };
    }
    case 'GET /sim/faults':
      return { status: 200, body: { paused: on.faults.paused, faults: on.faults.list() } };
    case 'DELETE /sim/faults':
      return { status: 200, body: { removed: on.faults.clear() } };
    case 'POST /sim/pause':
      on.faults.pause();
      return { status: 204, body: null };
    case 'POST /sim/resume':
      on.faults.resume();
      return { status: 204, body: null };
    case 'GET /sim/requests':
      return { status: 200, body: on.requests.counters() };
    case 'DELETE /sim/requests':
      on.requests.reset();
      return { status: 204, body: null };
    case 'GET /sim/requests/log':
      return { status: 200, body: { requests: on.requests.recent() } };
    default:
      return null;
  }
}

function wildcard(path: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${path.split('*').map(literal).join('.*')}$`);
}

interface Gate {
  promise: Promise<void>;
  resolve: () => void;
}

function closedGate(): Gate {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
