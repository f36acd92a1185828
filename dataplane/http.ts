/**
 * HTTP to one daemon: a bounded pool of connections and one deadline per request. Invariant: every request ends within
 * its deadline, with an answer as it is or with `Unreachable`; what an answer means is not decided here.
 */
import { Pool } from 'undici';
import { CodedError } from '../domain/errors';
import { API_VERSION_HEADER, ErrorBody } from './wire';

export interface HttpOptions {
  /** Such as `http://127.0.0.1:12224`, or `host:port` alone; an IPv6 host in brackets. */
  address: string;
  /** Deadline of one request in milliseconds, from asking for a connection to the last byte. */
  timeoutMs: number;
  /** Most connections kept open to this daemon; further requests wait for one, within their deadline. */
  connections: number;
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With query. */
  path: string;
  /** Major version of the API. */
  version: number;
  /** JSON; null = no body. */
  body: string | null;
  /** How an error names the request. */
  name: string;
}

export interface HttpAnswer {
  status: number;
  text: string;
}

export class DaemonHttp {
  /** `http://host:port`. */
  readonly origin: string;
  readonly pool: Pool;
  private readonly timeoutMs: number;

  constructor({ address, connections, timeoutMs }: HttpOptions) {
    this.origin = new URL(address.includes('://') ? address : `http://${address}`).origin;
    this.timeoutMs = timeoutMs;
    this.pool = new Pool(this.origin, { connections, pipelining: 1, connect: { timeout: timeoutMs } });
  }

  /** Throws `Unreachable` when there is no whole answer: refused, reset, dropped, or late. The effect is unknown then. */
  async send({ method, path, version, body, name }: HttpRequest): Promise<HttpAnswer> {
    const headers: Record<string, string> = { [API_VERSION_HEADER]: `${version}.0.0` };
    if (body !== null) headers['content-type'] = 'application/json';
    try {
      const signal = AbortSignal.timeout(this.timeoutMs);
      const answer = await this.pool.request({ method, path, headers, body, signal });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      throw new CodedError('Unreachable', `${name}: ${reason(error, this.timeoutMs)}`, { cause: error });
    }
  }
}

/** The daemon's own error, or null for an answer that is not the daemon's. */
export function errorBody(text: string): ErrorBody | null {
  return ErrorBody.safeParse(parsedJson(text)).data ?? null;
}

/** Undefined for what is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Read by shape: what the runtime throws need not be an `Error` of this realm. */
function reason(error: unknown, timeoutMs: number): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { name, code, message } = error as { name?: unknown; code?: unknown; message?: unknown };
  if (name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT') return `no answer within ${timeoutMs} ms`;
  const text = typeof message === 'string' && message !== '' ? message : 'connection failed';
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text;
}
