/**
 * A simulator as a program of its own: one line when it is ready, then it serves until SIGINT or SIGTERM. Invariant: an
 * address that cannot be had is one clear line and exit code 1, never a stack.
 */

export interface Program {
  /** How its lines begin, such as `switch simulator`. */
  name: string;
  /** `host:port`, an IPv6 host in brackets; port 0 = any free one. */
  listen: string;
  /** What is told beside the address. */
  about: string;
  start: (host: string, port: number) => Promise<Running>;
}

interface Running {
  url: string;
  close(): Promise<void>;
}

/** Serves until a signal asks it to stop. Resolves with the process's exit code. */
export async function runSimulator({ name, listen, about, start }: Program): Promise<number> {
  const complain = (reason: string): number => {
    process.stderr.write(`${name}: ${reason}\n`);
    return 1;
  };
  const at = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(listen);
  const port = Number(at?.[3]);
  if (at === null || port > 0xffff) return complain(`--listen ${listen}: expected host:port`);
  try {
    const simulator = await start(at[1] ?? at[2] ?? '', port);
    const stopped = stopSignal();
    process.stdout.write(`${name} ready on ${simulator.url} (${about})\n`);
    await stopped;
    await simulator.close();
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return complain(code === 'EADDRINUSE' ? `${listen} is in use` : `cannot listen on ${listen}: ${message}`);
  }
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
