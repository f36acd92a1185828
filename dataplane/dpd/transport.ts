/**
 * Requests to one switch daemon. Invariant: nothing is sent that the daemon would not read; what an answer means is not
 * decided here.
 */
import { CodedError } from '../../domain/errors';
import { DaemonHttp, type HttpAnswer, type HttpOptions, type HttpRequest } from '../http';
import { BODY_LIMIT } from './wire';

export type DpdClientOptions = HttpOptions;

export interface Call extends Pick<HttpRequest, 'method' | 'path'> {
  body?: unknown;
}

export interface Answer extends HttpAnswer {
  call: Call;
}

export type ApiLevel = 8 | 1;

export interface Transport {
  /** Throws CodedError: Unreachable, or Refused for a body that the daemon would not read. */
  send(call: Call, level: ApiLevel): Promise<Answer>;
  /** How an error names a request: method, path and daemon. */
  name(call: Call): string;
  /** Waits for requests under way. */
  close(): Promise<void>;
}

export function createTransport(options: DpdClientOptions): Transport {
  const http = new DaemonHttp(options);
  const name = ({ method, path }: Call) => `${method} ${path} on ${options.address}`;

  async function send(call: Call, level: ApiLevel): Promise<Answer> {
    const { method, path } = call;
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const size = body === null ? 0 : Buffer.byteLength(body);
    if (size > BODY_LIMIT) {
      throw new CodedError(
        'Refused',
        `${name(call)} not sent: ${size} bytes, and the daemon reads ${BODY_LIMIT} at most`,
      );
    }
    return { call, ...(await http.send({ method, path, version: level, body, name: name(call) })) };
  }

  return { send, name, close: () => http.pool.close() };
}
