/**
 * The answers of the daemon. Invariant: every refusal is a `Refusal`, thrown where the rule is broken and written out
 * in one place with a request id, so that no error leaves in another shape.
 */

export interface Reply {
  status: number;
  /** Absent: no body at all, as for 204. */
  body?: unknown;
  headers?: Record<string, string>;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errorCode?: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  reply(requestId: string): Reply {
    const code = this.errorCode === undefined ? {} : { error_code: this.errorCode };
    return {
      status: this.status,
      headers: this.headers,
      body: { request_id: requestId, ...code, message: this.message },
    };
  }
}

export const invalid = (text: string): Refusal => new Refusal(400, text);
/** What is missing goes into the error code; the message only says that something is. */
export const missing = (text?: string): Refusal => new Refusal(404, 'Not Found', text);
export const exists = (text?: string): Refusal => new Refusal(409, 'Conflict', text);
export const internal = (): Refusal => new Refusal(500, 'Internal Server Error', 'Internal');
export const unavailable = (): Refusal => new Refusal(503, 'Service Unavailable');
export const full = (table: string): Refusal => new Refusal(507, table);
/** The driver's refusal of an argument: its text appears twice. */
export const badArgument = (text: string): Refusal => new Refusal(400, text, `invalid data: ${text}`);

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204 };
