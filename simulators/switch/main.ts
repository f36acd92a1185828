/**
 * Running a switch simulator as a process of its own. Invariant: it says one line when it is ready, and one line when
 * it cannot be; it ends with status 0 on SIGINT and SIGTERM.
 */
import { startSwitchSimulator } from './server';

export interface RunOptions {
  /** `host:port`, with an IPv6 host in brackets. */
  listen: string;
  apiVersion: 13 | 1;
  multicast: boolean;
  limits?: 'real' | 'none';
}

/** Resolves when the simulator has stopped; sets the process's exit code to 1 if it could not listen. */
export async function runSwitchSimulator({
  listen,
  apiVersion,
  multicast,
  limits = 'real',
}: RunOptions): Promise<void> {
  const { hostname, port } = new URL(`http://${listen}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  try {
    const options = { host, port: Number(port || 80), apiLevel: apiVersion, multicast, limits };
    const simulator = await startSwitchSimulator(options);
    console.log(`switch simulator (DPD API ${apiVersion}${multicast ? '' : ', no multicast'}) on ${simulator.address}`);
    await stopSignal();
    await simulator.close();
  } catch (error) {
    console.error(`switch simulator cannot listen on ${listen}: ${reason(error)}`);
    process.exitCode = 1;
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' ? 'the address is in use' : message;
}

async function stopSignal(): Promise<void> {
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop());
    process.once('SIGTERM', () => stop());
  });
}
