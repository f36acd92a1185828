/**
 * Who is calling. A bearer token stands for an actor with roles (external API) or for Nexus itself (internal API). Tokens are
 * looked up by hash and the internal one is compared in constant time; why a token was not good is never said.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Db } from '../db/client';
import { findToken, hashToken, type RoleGrant } from '../db/access';
import { unauthenticated } from './errors';

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
export function requireInternalToken(token: string): onRequestAsyncHookHandler {
  const expected = digest(token);
  return async (request) => {
    const shown = bearer(request);
    if (shown === null || !timingSafeEqual(digest(shown), expected)) throw unauthenticated();
    request.caller = { kind: 'internal' };
  };
}

/** For the external API: an actor's token that exists and has not expired. */
export function requireActor(db: Db): onRequestAsyncHookHandler {
  return async (request) => {
    const shown = bearer(request);
    const found = shown === null ? null : await findToken(db, hashToken(shown));
    if (found === null) throw unauthenticated();
    request.caller = { kind: 'actor', ...found };
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
