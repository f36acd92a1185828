/** Ports on this machine: is one free, which one is, and is somebody listening yet. */
import { createServer, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What went wrong in one line that a person can act on; never shown with a stack. */
export class StackError extends Error {}

export async function requireFree(port: number, host: string, what: string, setting: string): Promise<void> {
  if (port === 0) return;
  const error = await tryListen(port, host);
  if (error === undefined) return;
  const why = error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${error.code})`;
  throw new StackError(`port ${port} for ${what} ${why}; choose another with ${setting}`);
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Polls until `check` succeeds; ends early when `alive` says that nobody is left to wait for. */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  { seconds, alive = () => true }: { seconds: number; alive?: () => boolean },
): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    if (!alive()) throw new StackError(`${what} ended before it was ready`);
    if (await check().catch(() => false)) return;
    if (Date.now() > deadline) throw new StackError(`${what} was not ready within ${seconds} s`);
    await pause(100);
  }
}

export async function listening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', done(true)).once('error', done(false)).setTimeout(1_000, done(false));
  });
}

function tryListen(port: number, host: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
