/**
 * What both daemons answer alike, because both stand on one HTTP framework: replies, refusals, the version header, the
 * content type. Invariant: every refusal is a `Refusal`, thrown where the rule is broken and written out in one place
 * with a request id, so that no error leaves in another shape.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { API_VERSION_HEADER } from '../dataplane/wire';

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
export const notFound = (): Refusal => new Refusal(404, 'Not Found');
export const methodNotAllowed = (headers: Record<string, string> = {}): Refusal =>
  new Refusal(405, 'Method Not Allowed', undefined, headers);
/** What went wrong inside stays inside. */
export const internal = (): Refusal => new Refusal(500, 'Internal Server Error', 'Internal');

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204 };

/** The bytes of a body that was read to its end; null where it was longer than the daemon reads. */
export function wholeBody(body: Buffer | null, limit: number): Buffer {
  if (body === null) throw invalid(`request body exceeded maximum size of ${limit} bytes`);
  return body;
}

/** A missing content type counts as JSON. */
export function requireJson(headers: IncomingHttpHeaders): void {
  const type = (headers['content-type'] ?? 'application/json').split(';')[0]?.trimEnd().toLowerCase() ?? '';
  if (type === 'application/json') return;
  const known = ['application/octet-stream', 'application/x-www-form-urlencoded', 'multipart/form-data'].includes(type);
  throw invalid(
    known ? `expected content type "application/json", got "${type}"` : `unsupported content-type: ${type}`,
  );
}

const PARTS = ['major', 'minor', 'patch'];

/**
 * The major version whose handlers serve the request; `newest` is the last one the daemon knows. A pre-release comes
 * before its release, so `5.0.0-rc.1` is served as 4.
 */
export function requestedVersion(headers: IncomingHttpHeaders, newest: number): number {
  const text = headers[API_VERSION_HEADER];
  if (typeof text !== 'string') throw invalid(`missing expected header "${API_VERSION_HEADER}"`);
  const problem = semverProblem(text);
  if (problem) throw invalid(`bad value for header "${API_VERSION_HEADER}": ${problem}: ${text}`);
  const [major = 0, minor = 0, patch = 0] = text.split(/[.+-]/).map(Number);
  const beyond = major > newest || (major === newest && minor + patch > 0);
  if (beyond) throw invalid(`server does not support this API version: ${text}`);
  const isPreRelease = /^[\d.]+-/.test(text) && minor + patch === 0;
  return isPreRelease ? major - 1 : major;
}

function semverProblem(text: string): string | null {
  if (text === '') return 'empty string, expected a semver version';
  let rest = text;
  for (const [index, part] of PARTS.entries()) {
    const digits = /^\d*/.exec(rest)?.[0] ?? '';
    if (digits === '')
      return rest === ''
        ? `unexpected end of input while parsing ${part} version number`
        : unexpected(rest, `while parsing ${part}`);
    if (digits.length > 1 && digits.startsWith('0')) return `invalid leading zero in ${part} version number`;
    rest = rest.slice(digits.length);
    if (index === 2) break;
    if (rest === '') return `unexpected end of input while parsing ${part} version number`;
    if (!rest.startsWith('.')) return unexpected(rest, `after ${part}`);
    rest = rest.slice(1);
  }
  return rest === '' || /^[+-]/.test(rest) ? null : unexpected(rest, 'after patch');
}

const unexpected = (rest: string, where: string): string => `unexpected character '${rest[0]}' ${where} version number`;
