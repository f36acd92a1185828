/** Calls a server as its clients do: over a socket, with whatever body the test wants to send. */
import type { AddressInfo } from 'node:net';
import type { Server } from '../../api/server';

export interface CallOptions {
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // A test knows what it asked for.
  body: any;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** Listens on a free port and returns its URL. */
export async function listen(server: Server): Promise<string> {
  await server.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
}

export function caller(base: string, defaults: { token?: string } = {}): Call {
  return async (method, path, { body, token = defaults.token, headers = {} } = {}) => {
    const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(base + path, {
      method,
      body: sent,
      headers: {
        ...(sent === null ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: json && text !== '' ? JSON.parse(text) : undefined,
    };
  };
}
