/** Connections by hand, for clients that are slow, go away, or do not speak HTTP at all. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawConnection {
  socket: Socket;
  /** Everything that came back, once the server has ended the connection. */
  ended: Promise<string>;
}

export async function rawConnection(base: string, ...sent: string[]): Promise<RawConnection> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  let seen = '';
  socket.on('data', (chunk) => (seen += String(chunk)));
  socket.on('error', () => undefined);
  const ended = once(socket, 'close').then(() => seen);
  await once(socket, 'connect');
  for (const text of sent) await written(socket, text);
  return { socket, ended };
}

/** Resolves when the text has left this process. */
export const written = (socket: Socket, text: string): Promise<void> =>
  new Promise((resolve) => void socket.write(text, () => resolve()));

export function requestHead(method: string, path: string, headers: Record<string, string | number>): string {
  const lines = Object.entries({ host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
