/**
 * A sled agent on a port. Invariant: the order of the checks is the framework's — version first, then the size of the
 * body, then path and method, then the path's variables, then the body — so that a client learns the same thing from
 * the same mistake.
 */
import { wholeBody, type Reply } from '../dropshot';
import { listen, type Received } from '../server';
import { adminOf } from './admin';
import { BODY_LIMIT, servedVersion } from './extract';
import { serve, templateOf } from './routes';
import { SledAgentState, type SledAgentOptions } from './state';

export interface SledAgentSimulatorOptions extends SledAgentOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
}

export interface SledAgentSimulator {
  /** `host:port`, an IPv6 host in brackets. */
  address: string;
  url: string;
  state: SledAgentState;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Rejects with the system's error when the port cannot be had. */
export async function startSledAgentSimulator(options: SledAgentSimulatorOptions): Promise<SledAgentSimulator> {
  const state = new SledAgentState(options);
  const answer = (request: Received) => answerOf(state, request);
  const simulated = { state, bodyLimit: BODY_LIMIT, templateOf, answer, admin: adminOf(state) };
  const { authority, close } = await listen(simulated, options.host, options.port);
  return { address: authority, url: `http://${authority}`, state, close };
}

function answerOf(state: SledAgentState, { method, path, headers, body }: Received): Reply {
  const version = servedVersion(headers, state.apiVersion);
  return serve(state.vmms, method, path, { version, headers, body: wholeBody(body, BODY_LIMIT) });
}
