/**
 * What a caller is told when something goes wrong. Every error that reaches the edge becomes `{request_id, error_code?,
 * message}` here and nowhere else; the code decides the status, and what the caller has no business knowing (stacks, SQL,
 * addresses of our servers) stays in the log.
 */
import { ServiceError } from '@temporalio/client';
import { sqlState } from '../db/violations';
import { CodedError, ERRORS } from '../domain/errors';

export type ResourceKind =
  | 'silo'
  | 'project'
  | 'vpc'
  | 'sled'
  | 'switch'
  | 'instance'
  | 'instance-event'
  | 'ip-pool'
  | 'ip-pool-range'
  | 'ip-pool-resource'
  | 'multicast-group'
  | 'multicast-group-member'
  | 'api-token'
  | 'role-assignment';

export type Selected = { id: string } | { name: string };

export const notFound = (kind: ResourceKind, by: Selected) =>
  new CodedError('ObjectNotFound', `not found: ${kind} with ${'id' in by ? `id "${by.id}"` : `name "${by.name}"`}`);

export const alreadyExists = (kind: ResourceKind, name: string) =>
  new CodedError('ObjectAlreadyExists', `already exists: ${kind} "${name}"`);

export const invalidRequest = (message: string) => new CodedError('InvalidRequest', message);

export const invalidValue = (label: string, message: string) =>
  new CodedError('InvalidValue', `unsupported value for "${label}": ${message}`);

export const unauthenticated = () => new CodedError('Unauthorized', 'credentials missing or invalid');

export const forbidden = () => new CodedError('Forbidden', 'Forbidden');

export const unavailable = (message: string, cause?: unknown) =>
  new CodedError('ServiceNotAvailable', message, { cause });

export const tooMany = (what: string) => new CodedError('TooManyRequests', `too many ${what}`);

export interface ErrorBody {
  request_id: string;
  error_code?: string;
  message: string;
}

export interface Answer {
  status: number;
  body: ErrorBody;
  /** Whether it is our fault, and so belongs into the log with its cause. */
  ours: boolean;
}

/** The answer to any error whatsoever. */
export function toAnswer(error: unknown, requestId: string): Answer {
  if (error instanceof CodedError) return coded(error, requestId);
  const rejected = rejection(error);
  if (rejected !== null)
    return { status: rejected.status, body: { request_id: requestId, message: rejected.message }, ours: false };
  if (UNSTORABLE.includes(sqlState(error) ?? ''))
    return {
      status: 400,
      body: { request_id: requestId, message: 'the request contains characters that cannot be stored' },
      ours: false,
    };
  const trouble = passing(error);
  if (trouble !== null)
    return { ...coded(new CodedError('ServiceNotAvailable', `${trouble}, try again`), requestId), ours: true };
  return coded(new CodedError('Internal', 'Internal Server Error'), requestId);
}

function coded(error: CodedError, requestId: string): Answer {
  const status: number = ERRORS[error.code].status;
  const message = error.code === 'Internal' ? 'Internal Server Error' : error.message;
  return { status, body: { request_id: requestId, error_code: error.code, message }, ours: status >= 500 };
}

const CONTEXT: Record<string, string> = {
  body: 'unable to parse JSON body',
  params: 'bad parameter in URL path',
  querystring: 'unable to parse query string',
  headers: 'bad header',
};

/** A request that the HTTP layer itself turned away: it does not parse, is too large, or does not fit its schema. */
function rejection(error: unknown): { status: number; message: string } | null {
  if (!(error instanceof Error)) return null;
  const { statusCode, code, validation, validationContext } = error as Error & {
    statusCode?: number;
    code?: string;
    validation?: { instancePath: string; message?: string }[];
    validationContext?: string;
  };
  if (validation !== undefined) {
    const issues = validation.map((issue) => ({
      path: issue.instancePath.split('/'),
      message: issue.message ?? 'invalid',
    }));
    return {
      status: 400,
      message: `${CONTEXT[validationContext ?? 'body'] ?? 'bad request'}: ${describeIssues(issues)}`,
    };
  }
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return null;
  if (statusCode === 413) return { status: 413, message: 'request body is too large' };
  if (statusCode === 415) return { status: 415, message: 'expected content-type "application/json"' };
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError)
    return { status: 400, message: `unable to parse JSON body: ${error.message}` };
  return { status: statusCode, message: error.message };
}

const MAX_ISSUES = 5;

/** What is wrong with a value, naming the fields: `items[3].sled_id: expected a UUID; …`. */
export function describeIssues(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string {
  return issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => {
      const parts = path.map(String).filter((part) => part !== '');
      const field = parts
        .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
        .join('');
      return field === '' ? message : `${field}: ${message}`;
    })
    .join('; ');
}

/** Postgres: U+0000 and half surrogates are not text. */
const UNSTORABLE = ['22021', '22P05'];

/** Postgres: connection failures, shutdown, too many connections. All may work a moment later. */
const SQL_AWAY = /^(08...|57P0.|53...|25006)$/;
/** Postgres: statements cancelled after their time, locks not had in time, deadlocks. So may these. */
const SQL_BUSY = /^(57014|55P03|25P02|25P03|40001|40P01)$/;
const CONNECTION_CODES = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_|CONNECT_TIMEOUT|CONNECTION_)/;

function passing(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof ServiceError) return 'Temporal is unavailable';
    const code = (at as Error & { code?: unknown }).code;
    if (typeof code !== 'string') continue;
    if (SQL_BUSY.test(code)) return 'the database is busy';
    if (SQL_AWAY.test(code) || CONNECTION_CODES.test(code)) return 'the database is unavailable';
  }
  return null;
}
