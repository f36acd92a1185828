/**
 * Who is calling. A bearer token stands for an actor with roles (external API) or for Nexus itself (internal API). Tokens are
 * looked up by hash and the internal one is compared in constant time; why a token was not good is never said.
 */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { hashToken, type RoleGrant, type TokenOwner } from '../db/access';
import { countAttempts } from './attempts';
import { unauthenticated } from './errors';
import type { Rate } from './token-bucket';

export interface Actor {
  kind: 'actor';
  actorId: string;
  siloId: string;
  tokenId: string;
  roles: RoleGrant[];
}

export type Caller = Actor | { kind: 'internal' };

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the hooks below; null on endpoints that ask for no credentials. */
    caller: Caller | null;
  }
}

/** For the internal API: the one token that Nexus and the operator's tools share. */
export function requireInternalToken(token: string, attempts?: Rate): onRequestAsyncHookHandler {
  const expected = Buffer.from(hashToken(token));
  return requireToken(attempts, async (hash) =>
    timingSafeEqual(Buffer.from(hash), expected) ? { kind: 'internal' } : null,
  );
}

/** For the external API: an actor's token that exists and has not expired. */
export function requireActor(
  findToken: (hash: string) => Promise<TokenOwner | null>,
  attempts?: Rate,
): onRequestAsyncHookHandler {
  return requireToken(attempts, async (hash) => {
    const found = await findToken(hash);
    return found === null ? null : { kind: 'actor', ...found };
  });
}

function requireToken(
  rate: Rate | undefined,
  find: (hash: string) => Promise<Caller | null>,
): onRequestAsyncHookHandler {
  const attempts = countAttempts(rate);
  return async (request, reply) => {
    const shown = bearer(request);
    const hash = shown === null ? null : hashToken(shown);
    attempts.admit(request, reply, hash);
    const caller = hash === null ? null : await find(hash);
    if (caller === null || hash === null) {
      attempts.failed(request, hash);
      throw unauthenticated();
    }
    attempts.succeeded(hash);
    request.caller = caller;
  };
}

/** The actor of a request that `requireActor` let pass. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.caller?.kind !== 'actor') throw unauthenticated();
  return request.caller;
}

function bearer(request: FastifyRequest): string | null {
  const match = /^Bearer +([\w.~+/-]+=*) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}
