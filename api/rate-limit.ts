/** How much one token may ask of this process. */
import type { onRequestAsyncHookHandler } from 'fastify';
import { LIMITS } from '../domain/limits';
import { actorOf } from './auth';
import { tooMany } from './errors';
import { createLimiter, type Rate } from './token-bucket';

/** After authentication: whoever has no valid token has been turned away already. */
export function limitRate(
  rate: Rate = { burst: LIMITS.requestBurst, perSecond: LIMITS.requestsPerSecond },
): onRequestAsyncHookHandler {
  const wait = createLimiter(rate);
  return async (request, reply) => {
    const seconds = wait(actorOf(request).tokenId);
    if (seconds === 0) return;
    reply.header('retry-after', String(Math.ceil(seconds)));
    throw tooMany(`requests with this token, at most ${rate.perSecond} per second`);
  };
}
