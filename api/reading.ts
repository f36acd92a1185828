/**
 * What the external API's requests read again and again, read together (`db/together.ts`): tokens, projects and groups by key, and
 * pages of lists.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findTokens, type TokenOwner } from '../db/access';
import type { Db } from '../db/client';
import { findGroups, findProjects, type ProjectRef, type SeenGroup } from '../db/lookup';
import type { PageRead, PageText } from '../db/page';
import { kept, type Read } from '../db/kept';
import { together } from '../db/together';
import { actorOf, type Actor } from './auth';
import type { ApiDeps } from './deps';

type Find<A> = (key: string) => Promise<A | null>;

export interface Reading {
  token: Find<TokenOwner>;
  project: Find<ProjectRef>;
  group: Find<SeenGroup>;
  /** An answer, under a key that says what it is read by. */
  answer: (key: string, read: Read) => Promise<string>;
}

export interface ReadingDeps extends ApiDeps {
  reading: Reading;
}

export function createReading(db: Db): Reading {
  return {
    token: together((hashes) => findTokens(db, hashes)),
    project: together((keys) => findProjects(db, keys)),
    group: together((keys) => findGroups(db, keys)),
    answer: kept(),
  };
}

/** Who asks, and where to look. */
export interface Seeker {
  db: Db;
  reading: Reading;
  actor: Actor;
}

export const seekerOf = ({ db, reading }: ReadingDeps, request: FastifyRequest): Seeker => ({
  db,
  reading,
  actor: actorOf(request),
});

interface Listing<P> {
  name: string;
  text: (made: PageText, page: P) => string;
}

/** Sends a page of the list of something (`of`); whoever asks for the same one is sent the same text, as long as it is so. */
export async function sendPage<P>(
  { reading }: Pick<ReadingDeps, 'reading'>,
  reply: Reply,
  { listing, page, of }: { listing: Listing<P>; page: P; of: string },
  read: (known: string | null) => Promise<PageRead>,
) {
  const text = await reading.answer(JSON.stringify([listing.name, of, page]), async (known) => {
    const { version, made } = await read(known);
    return { version, text: made && listing.text(made, page) };
  });
  return sendJson(reply, text);
}

/** What Postgres has made goes out as it is. */
export function sendJson(reply: Reply, text: string) {
  return (reply as FastifyReply).type('application/json; charset=utf-8').send(text);
}

/** A reply to a request of any schema. */
type Reply = { [key in 'type' | 'send']: unknown };
