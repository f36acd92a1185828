/**
 * The `/sim/` routes every simulator has: faults, pause, restart, counters. Invariant: they lie outside the daemon's
 * paths, need no version header, take no fault, are not counted, and answer while the simulator is paused.
 */
import { z } from 'zod';
import { created, noContent, ok, type Reply } from './dropshot';
import { FaultRequest } from './faults';
import { PauseMode, type OperatedState } from './operator';

/** Answers the routes of one simulator; null for any other. `body` is the parsed JSON, undefined when there is none. */
export type AdminRoutes = (method: string, path: string, body: unknown) => Reply | null;

const Pause = z.strictObject({ mode: PauseMode.default('hang') }).default({ mode: 'hang' });

type Action = (on: OperatedState, body: unknown) => Reply;

const ACTIONS: Record<string, Action> = {
  'POST /sim/faults': ({ faults }, body) => checked(FaultRequest, body, (fault) => created(faults.add(fault))),
  'GET /sim/faults': ({ faults, paused }) => ok({ paused, faults: faults.list() }),
  'DELETE /sim/faults': ({ faults }) => ok({ removed: faults.clear() }),
  'POST /sim/pause': (on, body) => checked(Pause, body, ({ mode }) => (on.pause(mode), noContent)),
  'POST /sim/resume': (on) => (on.resume(), noContent),
  'POST /sim/restart': (on) => (on.restart(), noContent),
  'GET /sim/requests': ({ requests }) => ok(requests.counters()),
  'DELETE /sim/requests': ({ requests }) => (requests.clear(), noContent),
  'GET /sim/requests/log': ({ requests }) => ok({ requests: requests.recent() }),
};

/** Any route under `/sim/`, the simulator's own ones included. `raw` null: longer than is read. */
export function administer(
  on: OperatedState,
  own: AdminRoutes,
  method: string,
  path: string,
  raw: Buffer | null,
): Reply {
  if (raw === null) return refused(400, 'the request body is too long');
  let body: unknown;
  try {
    body = raw.length === 0 ? undefined : JSON.parse(raw.toString('utf8'));
  } catch (error) {
    return refused(400, `the request body is not JSON: ${String(error)}`);
  }
  const shared = ACTIONS[`${method} ${path}`]?.(on, body);
  return shared ?? own(method, path, body) ?? refused(404, `no such admin route: ${method} ${path}`);
}

/** A wrong body is a 400 that names the field. */
export function checked<T extends z.ZodType>(schema: T, body: unknown, act: (value: z.output<T>) => Reply): Reply {
  const parsed = schema.safeParse(body);
  return parsed.success ? act(parsed.data) : refused(400, z.prettifyError(parsed.error));
}

export function refused(status: number, message: string): Reply {
  return { status, body: { message } };
}
