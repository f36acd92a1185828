/**
 * Requests to one sled agent. Invariant: whatever the agent answers comes back as it is; only no answer at all is an
 * error here (`Unreachable`). Which status means what is decided by `failure`, once, for every endpoint.
 */
import { CodedError } from '../../domain/errors';
import { DaemonHttp, errorBody, type HttpAnswer, type HttpOptions, type HttpRequest } from '../http';
import type { ApiVersion } from './wire';

export interface AgentCall extends Pick<HttpRequest, 'path'> {
  method: 'GET' | 'PUT' | 'DELETE';
  version: ApiVersion;
  /** Sent as JSON; undefined = no body. */
  body?: unknown;
}

/** Longest part of an agent's answer that is repeated in an error. */
const QUOTED_CHARS = 500;

export class AgentHttp {
  private readonly http: DaemonHttp;

  constructor(options: HttpOptions) {
    this.http = new DaemonHttp(options);
  }

  /** Throws `Unreachable` when there is no whole answer. The effect is unknown then. */
  async call(call: AgentCall): Promise<HttpAnswer> {
    const { method, path, version } = call;
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    return this.http.send({ method, path, version, body, name: this.describe(call) });
  }

  /** The error for an answer that is not what was hoped for: 5xx may pass, 404 knows no such VMM, the rest is a refusal. */
  failure(call: AgentCall, answer: HttpAnswer): CodedError {
    const code = answer.status >= 500 ? 'ServerError' : answer.status === 404 ? 'Missing' : 'Refused';
    return new CodedError(code, `${this.describe(call)} answered ${answer.status}: ${quote(answer.text)}`);
  }

  /** Ends all connections; a call under way fails as unreachable. */
  async close(): Promise<void> {
    await this.http.pool.destroy();
  }

  private describe(call: AgentCall): string {
    return `sled agent ${call.method} ${this.http.origin}${call.path}`;
  }
}

/** The agent's own words: `NO_SUCH_INSTANCE: Not Found`. An answer that is not the agent's comes as it is, cut. */
function quote(text: string): string {
  const error = errorBody(text);
  if (error === null) return text.slice(0, QUOTED_CHARS) || '(empty)';
  const { error_code: code, message, request_id: id } = error;
  return `${code ? `${code}: ` : ''}${message.slice(0, QUOTED_CHARS)} (request ${id})`;
}
