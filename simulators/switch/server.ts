/**
 * A switch daemon on a port. Invariant: the version header is judged before anything else of a request, the path
 * included; where the real daemon would die, the simulated one loses its state and cuts the connection.
 */
import { BODY_LIMIT } from '../../dataplane/dpd/wire';
import type { AdminRoutes } from '../admin';
import { ok, requestedVersion, type Reply } from '../dropshot';
import { listen, type Received } from '../server';
import type { SwitchOptions } from './daemon';
import { Crash, findRoute, templateOf } from './routes';
import { SimulatorState } from './state';

export interface ListenOptions extends SwitchOptions {
  host: string;
  /** 0: any free port. */
  port: number;
}

export interface SwitchSimulator {
  /** `http://host:port`. */
  address: string;
  state: SimulatorState;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Rejects with the system's error if the address cannot be bound. */
export async function startSwitchSimulator({ host, port, ...options }: ListenOptions): Promise<SwitchSimulator> {
  const state = new SimulatorState(options);
  const answer = (request: Received) => answerOf(state, request);
  const simulated = { state, bodyLimit: BODY_LIMIT, templateOf, answer, admin: adminOf(state) };
  const { authority, close } = await listen(simulated, host, port);
  return { address: `http://${authority}`, state, close };
}

function answerOf(state: SimulatorState, { method, path: pathname, query, headers, body }: Received): Reply | null {
  const { daemon } = state;
  try {
    const version = requestedVersion(headers, daemon.rules.newest);
    const { handler, path } = findRoute(method, pathname);
    return handler({ daemon, version, path, query: new URLSearchParams(query), body, headers });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    state.restart();
    return null;
  }
}

function adminOf(state: SimulatorState): AdminRoutes {
  return (method, path) => (`${method} ${path}` === 'GET /sim/dump' ? ok(state.dump()) : null);
}
