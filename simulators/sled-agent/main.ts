/**
 * Running a sled-agent simulator as a process of its own. Invariant: what is told when it is ready is what it really
 * serves.
 */
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import { runSimulator } from '../run';
import { startSledAgentSimulator } from './server';

export interface RunSledAgentSimulatorOptions {
  /** `host:port`, an IPv6 host in brackets; port 0 = any free one. */
  listen: string;
  apiVersion: ApiVersion;
  sledId?: string;
  /** See `SledAgentSimulatorOptions`. Default true. */
  autoRegister?: boolean;
}

/** Serves until a signal asks it to stop. Resolves with the process's exit code. */
export async function runSledAgentSimulator({ listen, ...options }: RunSledAgentSimulatorOptions): Promise<number> {
  return runSimulator({
    name: 'sled-agent simulator',
    listen,
    about: `API version ${options.apiVersion}.0.0`,
    start: (host, port) => startSledAgentSimulator({ host, port, ...options }),
  });
}
