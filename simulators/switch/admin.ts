/**
 * The `/sim/` surface: faults, restart, pause, counters, dump. Invariant: it lies outside the daemon's paths, needs no
 * version header, is never faulted, paused or counted.
 */
import { z } from 'zod';
import { FaultSpec } from './faults';
import { created, noContent, ok, type Reply } from './reply';
import type { SimulatorState } from './state';

const PauseSpec = z.object({ mode: z.enum(['hang', 'reset']).default('hang') }).default({ mode: 'hang' });

type Action = (state: SimulatorState, body: unknown) => Reply;

const ACTIONS: Record<string, Action> = {
  'POST /sim/faults': ({ faults }, body) => created({ id: faults.add(FaultSpec.parse(body)) }),
  'GET /sim/faults': ({ faults }) => ok(faults.list()),
  'DELETE /sim/faults': ({ faults }) => (faults.clear(), noContent),
  'POST /sim/restart': (state) => (state.restart(), noContent),
  'POST /sim/pause': (state, body) => (state.pause(PauseSpec.parse(body).mode), noContent),
  'POST /sim/resume': (state) => (state.resume(), noContent),
  'GET /sim/requests': ({ requests }) => ok(requests.summary()),
  'DELETE /sim/requests': ({ requests }) => (requests.clear(), noContent),
  'GET /sim/requests/log': ({ requests }) => ok(requests.last()),
  'GET /sim/dump': (state) => ok(state.dump()),
};

export function administer(state: SimulatorState, method: string, pathname: string, raw: Buffer): Reply {
  const action = ACTIONS[`${method} ${pathname}`];
  if (!action)
    return { status: 404, body: { message: `${method} ${pathname} is not one of ${Object.keys(ACTIONS).join(', ')}` } };
  try {
    return action(state, raw.length > 0 ? JSON.parse(raw.toString()) : undefined);
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return { status: 400, body: { message } };
  }
}
