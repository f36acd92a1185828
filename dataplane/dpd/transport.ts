/**
 * HTTP to one switch daemon. Invariant: every request ends within its deadline, with an answer or with `Unreachable`;
 * what the answer means is not decided here.
 */
import { Pool } from 'undici';
import { CodedError } from '../../domain/errors';
import { API_VERSION_HEADER, BODY_LIMIT } from './wire';

export interface DpdClientOptions {
  /** Such as `http://127.0.0.1:12224`. */
  address: string;
  /** Deadline of one request in milliseconds, connecting and reading the answer included. */
  timeoutMs: number;
  /** Most connections kept open to this daemon; further requests wait for one, within their deadline. */
  connections: number;
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With query. */
  path: string;
  body?: unknown;
}

export interface Answer {
  call: Call;
  status: number;
  text: string;
}

export type ApiLevel = 8 | 1;

export interface Transport {
  /** Throws CodedError: Unreachable, or Refused for a body that the daemon would not read. */
  send(call: Call, level: ApiLevel): Promise<Answer>;
  /** How an error names a request: method, path and daemon. */
  name(call: Call): string;
  close(): Promise<void>;
}

export function createTransport({ address, timeoutMs, connections }: DpdClientOptions): Transport {
  const pool = new Pool(new URL(address).origin, { connections, pipelining: 1, connect: { timeout: timeoutMs } });
  const name = ({ method, path }: Call) => `${method} ${path} on ${address}`;

  async function send(call: Call, level: ApiLevel): Promise<Answer> {
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const size = body === null ? 0 : Buffer.byteLength(body);
    if (size > BODY_LIMIT) {
      throw new CodedError(
        'Refused',
        `${name(call)} not sent: ${size} bytes, and the daemon reads ${BODY_LIMIT} at most`,
      );
    }
    const headers: Record<string, string> = { [API_VERSION_HEADER]: `${level}.0.0` };
    if (body !== null) headers['content-type'] = 'application/json';
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await pool.request({ method: call.method, path: call.path, headers, body, signal });
      return { call, status: response.statusCode, text: await response.body.text() };
    } catch (error) {
      throw new CodedError('Unreachable', `${name(call)}: ${reason(error, timeoutMs)}`, { cause: error });
    }
  }

  return { send, name, close: () => pool.close() };
}

function reason(error: unknown, timeoutMs: number): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT') return `no answer within ${timeoutMs} ms`;
  const text = message === '' ? 'connection failed' : message;
  return code === undefined || text.includes(code) ? text : `${text} (${code})`;
}
