/**
 * How much one token may ask of this process: a bucket that a request empties by one and time refills. It keeps one caller's
 * loop from starving the others; it is no accounting, so each process counts for itself.
 */
import type { onRequestAsyncHookHandler } from 'fastify';
import { CodedError } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import { actorOf } from './auth';

export interface Rate {
  burst: number;
  perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** A bucket that is full again is like none, so there are never many more than tokens in use. */
const SWEEP_ABOVE = 10_000;

/** Seconds until this caller may ask again; 0 when it may now, and then it counts. */
export function createLimiter({ burst, perSecond }: Rate, now: () => number = Date.now): (key: string) => number {
  const buckets = new Map<string, Bucket>();
  const refilled = ({ left, at }: Bucket) => Math.min(burst, left + ((now() - at) / 1_000) * perSecond);
  return (key) => {
    if (buckets.size > SWEEP_ABOVE) {
      for (const [other, bucket] of buckets) if (refilled(bucket) >= burst) buckets.delete(other);
    }
    const left = refilled(buckets.get(key) ?? { left: burst, at: now() });
    if (left < 1) return (1 - left) / perSecond;
    buckets.set(key, { left: left - 1, at: now() });
    return 0;
  };
}

/** After authentication: whoever has no valid token has been turned away already. */
export function limitRate(
  rate: Rate = { burst: LIMITS.requestBurst, perSecond: LIMITS.requestsPerSecond },
): onRequestAsyncHookHandler {
  const wait = createLimiter(rate);
  return async (request, reply) => {
    const seconds = wait(actorOf(request).tokenId);
    if (seconds === 0) return;
    reply.header('retry-after', String(Math.ceil(seconds)));
    throw new CodedError('TooManyRequests', `too many requests with this token, at most ${rate.perSecond} per second`);
  };
}
