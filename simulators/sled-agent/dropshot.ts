/**
 * How the agent's HTTP framework answers before and around an endpoint: errors, the version header, JSON bodies.
 * Invariant: the order of the checks is the framework's — version first, then path and method, then the path's variables,
 * then the body — so that a client learns the same thing from the same mistake.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { API_VERSION_HEADER, firstFault, type ApiVersion } from '../../dataplane/sled-agent/wire';

export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errorCode?: string,
  ) {
    super(message);
  }
}

export const badRequest = (message: string) => new HttpError(400, message);
export const notFound = () => new HttpError(404, 'Not Found');
export const noSuchVmm = () => new HttpError(404, 'Not Found', 'NO_SUCH_INSTANCE');
export const terminating = (id: string) => new HttpError(410, `instance is being terminated: VMM ${id}`);
/** What went wrong inside stays inside. */
export const internalError = () => new HttpError(500, 'Internal Server Error', 'Internal');

/** Most bytes of a body the agent reads. */
export const BODY_LIMIT = 10 * 1024 * 1024;

/** The body of an error answer. */
export function errorBody(error: HttpError, requestId: string): Record<string, string> {
  const code = error.errorCode === undefined ? {} : { error_code: error.errorCode };
  return { request_id: requestId, ...code, message: error.message };
}

/**
 * The variant of the API that serves a request: 5 from 5.0.0 on, else 4 (which stands for all older ones).
 * Throws 400 for a missing or unreadable header and for a version newer than `max`.0.0.
 */
export function servedVersion(headers: IncomingHttpHeaders, max: ApiVersion): ApiVersion {
  const text = headers[API_VERSION_HEADER];
  if (typeof text !== 'string') throw badRequest(`missing expected header "${API_VERSION_HEADER}"`);
  const version = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.exec(text);
  if (version === null) throw badRequest(`bad value for header "${API_VERSION_HEADER}": not a version: ${text}`);
  const [major, minor, patch] = [Number(version[1]), Number(version[2]), Number(version[3])];
  const isBeforeRelease = version[4] !== undefined;
  const isNewer = major > max || (major === max && (minor > 0 || patch > 0));
  if (isNewer) throw badRequest(`server does not support this API version: ${text}`);
  // Nothing was ever served before 1.0.0.
  if (major === 0) throw notFound();
  return major === 5 && !isBeforeRelease ? 5 : 4;
}

/** Parses a JSON body by its schema. A missing content type counts as JSON. Throws 400 with the path of the wrong field. */
export function jsonBody<T extends z.ZodType>(schema: T, headers: IncomingHttpHeaders, body: Buffer): z.output<T> {
  const type = (headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw badRequest(`expected content type "application/json", got "${type}"`);
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`unable to parse JSON body: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw badRequest(`unable to parse JSON body: ${firstFault(parsed.error)}`);
  return parsed.data;
}
