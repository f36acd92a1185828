/**
 * Keyset paging as the daemon's HTTP framework does it. Invariant: a token names the last item seen and the next page
 * starts after it, so groups that come and go between two pages neither repeat nor hide another.
 */
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../dataplane/dpd/wire';
import { invalid } from '../dropshot';
import { parseIp } from './addresses';
import type { GroupRecord, Groups } from './groups';

const MAX_TOKEN_LENGTH = 512;

interface PageRequest {
  limit: number;
  after: string | null;
}

export function pageRequest(query: URLSearchParams): PageRequest {
  const token = query.get('page_token');
  return { limit: readLimit(query.get('limit')), after: token === null ? null : readToken(token) };
}

/** `next_page` is null only when the page is empty: the last page still has one. */
export function pageOf(
  groups: Groups,
  { limit, after }: PageRequest,
  view: (record: GroupRecord) => unknown,
  tag?: string,
) {
  const records = groups.page(after, limit, tag);
  const last = records.at(-1);
  return { next_page: last ? writeToken(last.ip.text) : null, items: records.map(view) };
}

function readLimit(text: string | null): number {
  if (text === null) return DEFAULT_PAGE_SIZE;
  if (text === '') throw unreadable('cannot parse integer from empty string');
  if (!/^\+?\d+$/.test(text)) throw unreadable('invalid digit found in string');
  const limit = Number(text);
  if (limit >= 2 ** 32) throw unreadable('number too large to fit in target type');
  if (limit === 0) throw unreadable('invalid value: integer `0`, expected a nonzero u32');
  return Math.min(limit, MAX_PAGE_SIZE);
}

function writeToken(ip: string): string {
  const json = JSON.stringify({ v: 'v1', page_start: { group_ip: ip } });
  const token = Buffer.from(json).toString('base64url');
  return token.padEnd(Math.ceil(token.length / 4) * 4, '=');
}

function readToken(token: string): string {
  if (token.length > MAX_TOKEN_LENGTH) throw badToken('too large');
  const strange = token.replace(/=+$/, '').search(/[^A-Za-z0-9_-]/);
  if (strange >= 0) throw badToken(`Invalid symbol ${token.charCodeAt(strange)}, offset ${strange}.`);
  if (token.length % 4 !== 0) throw badToken('Invalid padding');
  try {
    const content = JSON.parse(Buffer.from(token, 'base64url').toString()) as { page_start: { group_ip: string } };
    const ip = parseIp(content.page_start.group_ip);
    if (ip) return ip.key;
  } catch {
    // Told below, in one way for every broken content.
  }
  throw badToken('corrupted token');
}

const unreadable = (detail: string) => invalid(`unable to parse query string: ${detail}`);
const badToken = (detail: string) => unreadable(`failed to parse pagination token: ${detail}`);
