/**
 * What an answer of the daemon means. Invariant: this is the one place where a status becomes an error code; nobody
 * after it looks at a status or matches on a text.
 */
import type { z } from 'zod';
import { CodedError, type ErrorCode } from '../../domain/errors';
import { errorBody, parsedJson } from '../http';
import type { Answer, Transport } from './transport';

const VERSION_REFUSED = /does not support this API version/;
const LONGEST_TEXT = 300;

/** The daemon does not know the API version of the request, and has therefore done nothing. */
export function refusesVersion(answer: Answer): boolean {
  return answer.status === 400 && VERSION_REFUSED.test(answer.text);
}

/** The body of a 2xx answer, checked. Throws the coded error of any other answer. */
export function accepted<T>(transport: Transport, answer: Answer, schema: z.ZodType<T>): T {
  requireSuccess(transport, answer);
  const parsed = schema.safeParse(parsedJson(answer.text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const request = `${transport.name(answer.call)}: ${answer.status}`;
  throw new CodedError('ServerError', `${request} with an answer that is not understood: ${where} ${issue?.message}`);
}

export function requireSuccess(transport: Transport, answer: Answer): void {
  if (answer.status >= 200 && answer.status < 300) return;
  throw new CodedError(codeOf(answer), `${transport.name(answer.call)}: ${answer.status} ${daemonText(answer)}`);
}

function codeOf(answer: Answer): ErrorCode {
  const { status, call } = answer;
  if (status === 501 || refusesVersion(answer)) return 'Unsupported';
  if (status < 400 || status >= 500) return 'ServerError';
  if (status === 404 && call.method === 'PUT') return 'Missing';
  // Without a text it is not the group that exists but an entry left in a table, which this very refusal has removed.
  if (status === 409 && call.method === 'POST') return errorBody(answer.text)?.error_code ? 'Conflict' : 'ServerError';
  return 'Refused';
}

/** For 404 and 409 the error code says what the message does not. */
function daemonText(answer: Answer): string {
  const error = errorBody(answer.text);
  if (!error) return answer.text.slice(0, LONGEST_TEXT);
  return [404, 409].includes(answer.status) ? (error.error_code ?? error.message) : error.message;
}
