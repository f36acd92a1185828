/** Typed clients of both APIs, over the types that are generated from their documents: a request that does not fit does not compile. */
import createClient from 'openapi-fetch';
import type { components, paths as InternalPaths } from '../openapi/internal.generated';
import type { paths as ExternalPaths } from '../openapi/external.generated';
import { CommandError } from './failure';

export interface Access {
  /** URL, or `host:port`. */
  address: string;
  token: string;
}

export type InternalApi = ReturnType<typeof internalApi>;
export type Schemas = components['schemas'];

/** What Nexus and operators call. */
export const internalApi = (access: Access) => createClient<InternalPaths>(optionsOf(access));

/** What tenants call, and fleet operators for pools. */
export const externalApi = (access: Access) => createClient<ExternalPaths>(optionsOf(access));

const TIMEOUT_MS = 30_000;

function optionsOf({ address, token }: Access) {
  return {
    baseUrl: (address.includes('://') ? address : `http://${address}`).replace(/\/$/, ''),
    headers: { authorization: `Bearer ${token}` },
    fetch: async (request: Request): Promise<Response> => {
      try {
        return await fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      } catch (error) {
        throw new CommandError(`no answer from ${new URL(request.url).origin}: ${reasonOf(error)}`);
      }
    },
  };
}

/** The body of a success; anything else ends the command with what the API said. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  const { message } = (typeof error === 'object' && error !== null ? error : {}) as { message?: string };
  const hint = response.status === 401 ? ' (--token)' : '';
  throw new CommandError(`${message ?? `status ${response.status}`}${hint}`);
}

export interface Listed<T> {
  items: T[];
  /** Whether there are more than were asked for. */
  more: boolean;
}

const PAGE = 1_000;

/** Pages of a list, one after the other, until there are `most` items or no more. */
export async function list<T>(
  most: number,
  read: (page: { limit: number; page_token?: string }) => Promise<{ items: T[]; next_page?: string | null }>,
): Promise<Listed<T>> {
  const items: T[] = [];
  let token: string | null | undefined;
  do {
    // One more than is shown tells whether there are more.
    const limit = Math.min(PAGE, most + 1 - items.length);
    const page = await read({ limit, ...(token == null ? {} : { page_token: token }) });
    items.push(...page.items);
    token = page.items.length < limit ? null : page.next_page;
  } while (token != null && items.length <= most);
  return { items: items.slice(0, most), more: items.length > most };
}

function reasonOf(error: unknown): string {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(root instanceof Error)) return String(root);
  return root.message || String((root as NodeJS.ErrnoException).code);
}
