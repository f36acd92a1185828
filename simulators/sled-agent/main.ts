/**
 * The sled-agent simulator as a program of its own: one line when it is ready, until SIGINT or SIGTERM.
 * Invariant: a port that cannot be had is one clear line and exit code 1, never a stack.
 */
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
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
  const at = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(listen);
  const port = Number(at?.[3]);
  if (at === null || port > 0xffff) return complain(`--listen ${listen}: expected host:port`);
  const host = at[1] ?? at[2] ?? '';
  try {
    const simulator = await startSledAgentSimulator({ host, port, ...options });
    const stopped = stopSignal();
    process.stdout.write(`sled-agent simulator ready on ${simulator.url} (API version ${options.apiVersion}.0.0)\n`);
    await stopped;
    await simulator.close();
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return complain(code === 'EADDRINUSE' ? `${listen} is in use` : `cannot listen on ${listen}: ${message}`);
  }
}

function complain(reason: string): number {
  process.stderr.write(`sled-agent simulator: ${reason}\n`);
  return 1;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}
