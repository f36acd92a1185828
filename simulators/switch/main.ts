/**
 * Running a switch simulator as a process of its own. Invariant: what is told when it is ready is what it really
 * serves.
 */
import { runSimulator } from '../run';
import { startSwitchSimulator } from './server';

export interface RunOptions {
  /** `host:port`, an IPv6 host in brackets; port 0 = any free one. */
  listen: string;
  apiVersion: 13 | 1;
  multicast: boolean;
  limits?: 'real' | 'none';
}

/** Serves until a signal asks it to stop. Resolves with the process's exit code. */
export async function runSwitchSimulator({ listen, apiVersion, multicast, limits = 'real' }: RunOptions) {
  return runSimulator({
    name: 'switch simulator',
    listen,
    about: `DPD API ${apiVersion}${multicast ? '' : ', no multicast'}`,
    async start(host, port) {
      const options = { host, port, apiLevel: apiVersion, multicast, limits };
      const simulator = await startSwitchSimulator(options);
      return { url: simulator.address, close: () => simulator.close() };
    },
  });
}
