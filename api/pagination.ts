/**
 * Pages of a list, by keyset: a page is "at most `limit` rows after this marker, in this order". The token carries order,
 * filters and marker, is opaque to clients, and is refused if it was altered or belongs to another list. It grants nothing:
 * each page is authorized anew.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PageText } from '../db/page';
import { isUuid, nameFault } from '../domain/names';
import { invalidRequest } from './errors';
import { shownAs } from './wire';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

const Limit = z
  .string()
  .regex(/^\d{1,10}$/, 'expected a positive integer')
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= 0xffff_ffff, 'expected a positive integer')
  .meta({
    description: 'Maximum number of items returned by a single call',
    override: shownAs({ type: 'integer', format: 'uint32', minimum: 1, nullable: true }),
  });

/** Query parameters of every list. */
export const pageParams = {
  limit: Limit.optional(),
  page_token: z
    .string()
    .optional()
    .meta({
      description: 'Token returned by previous call to retrieve the subsequent page',
      override: shownAs({ type: 'string', nullable: true }),
    }),
};

export const NameOrIdSortMode = z
  .enum(['name_ascending', 'name_descending', 'id_ascending'])
  .meta({ id: 'NameOrIdSortMode', description: 'Supported set of sort modes for scanning by name or id' });

export const IdSortMode = z
  .enum(['id_ascending'])
  .meta({ id: 'IdSortMode', description: 'Supported set of sort modes for scanning by id only.' });

/** What a marker of each kind may look like. */
const MARKERS = {
  id: isUuid,
  name: (text: string) => nameFault(text) === null,
  number: (text: string) => /^\d{1,15}$/.test(text),
  address: (text: string) => z.ipv4().safeParse(text).success || z.ipv6().safeParse(text).success,
};
export type MarkerKind = keyof typeof MARKERS;

export interface Page<Sort extends string, Filter extends string> {
  limit: number;
  sort: Sort;
  /** The list's own parameters, such as its project. */
  filters: Partial<Record<Filter, string>>;
  /** The last item of the page before; null on the first page. */
  after: string | null;
}

export interface ListingOptions<Sort extends string, Filter extends string> {
  /** Makes a token good for this list only; its operation id. */
  name: string;
  /** Sort modes with the kind of their marker; the first one is the default. */
  sorts: Record<Sort, MarkerKind>;
  filters?: readonly Filter[];
}

type PageQuery<Sort extends string, Filter extends string> = {
  limit?: number | undefined;
  page_token?: string | undefined;
  sort_by?: Sort | undefined;
} & { [filter in Filter]?: string | null | undefined };

export const ResultsPage = <T extends z.ZodType>(item: T, id: string) =>
  z
    .object({
      items: z.array(item).meta({ description: 'list of items on this page of results' }),
      next_page: z.string().nullish().meta({ description: 'token used to fetch the next page of results (if any)' }),
    })
    .meta({ id, description: 'A single page of results' });

const Token = z.strictObject({
  v: z.literal(1),
  list: z.string(),
  sort: z.string(),
  filters: z.record(z.string(), z.string()),
  after: z.string(),
});

/** One list: reads its page from the query, and wraps what was found. */
export function defineListing<Sort extends string, Filter extends string = never>(
  options: ListingOptions<Sort, Filter>,
) {
  const { name, sorts, filters = [] } = options;
  const [defaultSort] = Object.keys(sorts) as [Sort];
  const tokenOf = ({ sort, filters: given }: Page<Sort, Filter>, after: string) =>
    encode({ v: 1, list: name, sort, filters: { ...given } as Record<string, string>, after });
  return {
    name,

    page(query: PageQuery<Sort, Filter>): Page<Sort, Filter> {
      const limit = Math.min(query.limit ?? DEFAULT_LIMIT, MAX_LIMIT);
      const given: Partial<Record<Filter, string>> = {};
      for (const filter of filters) {
        const value = query[filter];
        if (typeof value === 'string') given[filter] = value;
      }
      if (query.page_token === undefined)
        return { limit, sort: query.sort_by ?? defaultSort, filters: given, after: null };

      const token = decode(query.page_token, name);
      const sort = token.sort as Sort;
      const marker = Object.hasOwn(sorts, sort) ? MARKERS[sorts[sort]] : undefined;
      if (marker === undefined || !marker(token.after)) throw invalidToken();
      // What accompanies a token may repeat what it says, as some clients do, but not contradict it.
      const contradicted = filters.some(
        (filter) => given[filter] !== undefined && given[filter] !== token.filters[filter],
      );
      if (contradicted || (query.sort_by !== undefined && query.sort_by !== sort))
        throw invalidRequest('unable to parse query string: page_token belongs to a list with other parameters');
      return { limit, sort, filters: token.filters as Partial<Record<Filter, string>>, after: token.after };
    },

    /** `markerOf` gives of an item what `after` shall be for the next page in this page's order. */
    results<Item>(items: Item[], page: Page<Sort, Filter>, markerOf: (item: Item) => string | number) {
      const last = items.at(-1);
      return { items, next_page: last === undefined ? null : tokenOf(page, String(markerOf(last))) };
    },

    /** The same of items that are JSON already. */
    text({ items, last }: PageText, page: Page<Sort, Filter>): string {
      return `{"items":${items},"next_page":${last === null ? 'null' : JSON.stringify(tokenOf(page, last))}}`;
    },
  };
}

const checksum = (payload: string) =>
  createHash('sha256').update(`rackcast page ${payload}`).digest('base64url').slice(0, 12);

function encode(token: z.output<typeof Token>): string {
  const payload = Buffer.from(JSON.stringify(token)).toString('base64url');
  return `${payload}.${checksum(payload)}`;
}

function decode(text: string, list: string): z.output<typeof Token> {
  const [payload, sum, ...rest] = text.split('.');
  if (payload === undefined || sum === undefined || rest.length > 0 || sum !== checksum(payload)) throw invalidToken();
  try {
    const token = Token.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    if (token.list === list) return token;
  } catch {
    // Falls through: what does not parse is as wrong as what does not fit.
  }
  throw invalidToken();
}

const invalidToken = () => invalidRequest('unable to parse query string: page_token: invalid page token');
