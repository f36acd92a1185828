/**
 * What the agent takes from a request before it acts, and the refusals that only it has. Invariant: a body that does not
 * fit its schema is refused with the path of the wrong field.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { firstFault, type ApiVersion } from '../../dataplane/sled-agent/wire';
import { invalid, notFound, Refusal, requestedVersion, requireJson } from '../dropshot';

export const noSuchVmm = () => new Refusal(404, 'Not Found', 'NO_SUCH_INSTANCE');
export const terminating = (id: string) => new Refusal(410, `instance is being terminated: VMM ${id}`);

/** Most bytes of a body the agent reads. */
export const BODY_LIMIT = 10 * 1024 * 1024;

/** The variant of the API that serves a request: 5 from 5.0.0 on, else 4 (which stands for all older ones). */
export function servedVersion(headers: IncomingHttpHeaders, newest: ApiVersion): ApiVersion {
  const major = requestedVersion(headers, newest);
  // Nothing was ever served before 1.0.0.
  if (major < 1) throw notFound();
  return major === 5 ? 5 : 4;
}

export function jsonBody<T extends z.ZodType>(schema: T, headers: IncomingHttpHeaders, body: Buffer): z.output<T> {
  requireJson(headers);
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw unreadable(firstFault(parsed.error));
  return parsed.data;
}

const unreadable = (detail: string): Refusal => invalid(`unable to parse JSON body: ${detail}`);
