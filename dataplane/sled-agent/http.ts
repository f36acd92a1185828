/**
 * HTTP to one sled agent: a bounded pool of connections and one deadline per call.
 * Invariant: whatever the agent answers comes back as it is; only no answer at all is an error here (`Unreachable`). Which
 * status means what is decided by `failure`, once, for every endpoint.
 */
import { Pool } from 'undici';
import { CodedError } from '../../domain/errors';
import { AgentError, API_VERSION_HEADER, type ApiVersion } from './wire';

export interface AgentCall {
  method: 'GET' | 'PUT' | 'DELETE';
  path: string;
  version: ApiVersion;
  /** Sent as JSON; undefined = no body. */
  body?: unknown;
}

export interface AgentAnswer {
  status: number;
  text: string;
}

export interface AgentHttpOptions {
  /** `host:port`, an IPv6 host in brackets, with or without `http://`. */
  address: string;
  /** Deadline of one call in ms, from asking for a connection to the last byte. */
  timeoutMs: number;
  connections: number;
}

/** Longest part of an agent's answer that is repeated in an error. */
const QUOTED_CHARS = 500;

export class AgentHttp {
  private readonly origin: string;
  private readonly pool: Pool;

  constructor(private readonly options: AgentHttpOptions) {
    const { address, connections, timeoutMs } = options;
    this.origin = new URL(address.includes('://') ? address : `http://${address}`).origin;
    this.pool = new Pool(this.origin, { connections, pipelining: 1, connect: { timeout: timeoutMs } });
  }

  /** Throws `Unreachable` when there is no whole answer: refused, reset, dropped, or late. The effect is unknown then. */
  async call(call: AgentCall): Promise<AgentAnswer> {
    const { method, path, version, body } = call;
    const headers: Record<string, string> = { [API_VERSION_HEADER]: `${version}.0.0` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const answer = await this.pool.request({
        method,
        path,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      throw new CodedError('Unreachable', `${this.describe(call)}: ${reason(error, this.options.timeoutMs)}`, {
        cause: error,
      });
    }
  }

  /** The error for an answer that is not what was hoped for: 5xx may pass, 404 knows no such VMM, the rest is a refusal. */
  failure(call: AgentCall, answer: AgentAnswer): CodedError {
    const code = answer.status >= 500 ? 'ServerError' : answer.status === 404 ? 'Missing' : 'Refused';
    return new CodedError(code, `${this.describe(call)} answered ${answer.status}: ${quote(answer.text)}`);
  }

  /** Ends all connections; a call under way fails as unreachable. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private describe(call: AgentCall): string {
    return `sled agent ${call.method} ${this.origin}${call.path}`;
  }
}

/** The agent's own words: `NO_SUCH_INSTANCE: Not Found`. An answer that is not the agent's comes as it is, cut. */
function quote(text: string): string {
  const error = AgentError.safeParse(parseJson(text));
  if (!error.success) return text.slice(0, QUOTED_CHARS) || '(empty)';
  const { error_code: code, message, request_id: id } = error.data;
  return `${code ? `${code}: ` : ''}${message.slice(0, QUOTED_CHARS)} (request ${id})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Read by shape: what the runtime throws need not be an `Error` of this realm. */
function reason(error: unknown, timeoutMs: number): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { name, code, message } = error as { name?: unknown; code?: unknown; message?: unknown };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const text = String(message);
  return typeof code === 'string' && !text.includes(code) ? `${code} ${text}`.trim() : text;
}
