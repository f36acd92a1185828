/**
 * Guessing tokens. Whoever shows no valid token is counted by remote address, and beyond a bound it is turned away before
 * anything is looked up, so that guessing is slow and costs the database nothing. A token that has been valid in this process
 * is let through to be checked all the same: one guesser behind an address does not lock out its neighbours.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../domain/limits';
import { tooMany } from './errors';
import { createLimiter, type Rate } from './token-bucket';

/** Digests of tokens are remembered, never tokens. */
const REMEMBERED = 10_000;
const RATE: Rate = { burst: LIMITS.attemptBurst, perSecond: LIMITS.attemptsPerSecond };

export interface Attempts {
  /** Throws when this address has failed too often. */
  admit(request: FastifyRequest, reply: FastifyReply, digest: string | null): void;
  succeeded(digest: string): void;
  failed(request: FastifyRequest, digest: string | null): void;
}

export function countAttempts(rate: Rate = RATE): Attempts {
  const wait = createLimiter(rate);
  const valid = new Set<string>();
  return {
    admit(request, reply, digest) {
      if (digest !== null && valid.has(digest)) return;
      const seconds = wait(request.ip, 'look');
      if (seconds === 0) return;
      reply.header('retry-after', String(Math.ceil(seconds)));
      throw tooMany('attempts without a valid token from this address');
    },
    succeeded(digest) {
      if (valid.has(digest)) return;
      const [oldest] = valid;
      if (valid.size >= REMEMBERED && oldest !== undefined) valid.delete(oldest);
      valid.add(digest);
    },
    failed(request, digest) {
      if (digest !== null) valid.delete(digest);
      wait(request.ip);
    },
  };
}
