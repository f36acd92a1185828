/**
 * Who is calling. A bearer token stands for an actor with roles (external API) or for Nexus itself (internal API). Tokens are
 * looked up by hash and the internal one is compared in constant time; why a token was not good is never said.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Db } from '../db/client';
import { findToken, hashToken, type RoleGrant } from '../db/access';
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
  const expected = digest(token);
  return requireToken(attempts, async (shown) =>
    timingSafeEqual(digest(shown), expected) ? { kind: 'internal' } : null,
  );
}

/** For the external API: an actor's token that exists and has not expired. */
export function requireActor(db: Db, attempts?: Rate): onRequestAsyncHookHandler {
  return requireToken(attempts, async (shown) => {
    const found = await findToken(db, hashToken(shown));
    return found === null ? null : { kind: 'actor', ...found };
  });
}

function requireToken(
  rate: Rate | undefined,
  find: (shown: string) => Promise<Caller | null>,
): onRequestAsyncHookHandler {
  const attempts = countAttempts(rate);
  return async (request, reply) => {
    const shown = bearer(request);
    const known = shown === null ? null : digest(shown).toString('base64');
    attempts.admit(request, reply, known);
    const caller = shown === null ? null : await find(shown);
    if (caller === null || known === null) {
      attempts.failed(request, known);
      throw unauthenticated();
    }
    attempts.succeeded(known);
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

const digest = (text: string) => createHash('sha256').update(text).digest();
