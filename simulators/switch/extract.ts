/**
 * Path, query and body of a request, taken out before any handler runs. Invariant: path before query before body, so
 * that a bad address beats a missing tag and a missing tag beats a broken body; unknown fields and parameters are
 * ignored.
 */
import { BODY_LIMIT } from '../../dataplane/dpd/wire';
import { invalid, requireJson, wholeBody } from '../dropshot';
import type { Received } from '../server';
import { parseIp, parseIpv6, type Ip } from './addresses';
import { decodeBody, type Decoder } from './decode';
import { BodyError, JsonReader } from './json-reader';

/** Throws a BodyError, which says in a path or a body alike what is wrong. */
export function ip(value: string): Ip {
  const parsed = parseIp(value);
  if (!parsed) throw new BodyError('invalid IP address syntax');
  return parsed;
}

export function ipv6(value: string): Ip {
  const parsed = parseIpv6(value);
  if (!parsed) throw new BodyError('invalid IPv6 address syntax');
  return parsed;
}

/** `rear4` and the like; upper case and leading zeros are read, and written back in the usual form. */
export function portId(value: string): string {
  const [, kind = '', index = ''] = /^(int|rear|qsfp)(\d{1,3})$/.exec(value.toLowerCase()) ?? [];
  const limit = kind === 'int' ? 0 : 31;
  if (kind === '' || Number(index) > limit) throw new BodyError('Invalid switch port ID');
  return `${kind}${Number(index)}`;
}

export function linkId(value: string): number {
  if (!/^\d{1,3}$/.test(value) || Number(value) > 255) throw new BodyError(`unable to parse '${value}' as u8`);
  return Number(value);
}

export function pathParameter<T>(value: string, parse: (value: string) => T): T {
  try {
    return parse(value);
  } catch (error) {
    throw asRefusal(error, (detail) => `bad parameter in URL path: ${detail.reason}`);
  }
}

export function tagParameter(query: URLSearchParams): string {
  const tag = query.get('tag');
  if (tag === null) throw invalid('unable to parse query string: missing field `tag`');
  return tag;
}

export function jsonBody<T>({ body, headers }: Pick<Received, 'body' | 'headers'>, decode: Decoder<T>): T {
  const bytes = wholeBody(body, BODY_LIMIT);
  requireJson(headers);
  try {
    return decodeBody(new JsonReader(bytes), decode);
  } catch (error) {
    throw asRefusal(error, (detail) => `unable to parse JSON body: ${detail.describe()}`);
  }
}

function asRefusal(error: unknown, message: (detail: BodyError) => string): unknown {
  return error instanceof BodyError ? invalid(message(error)) : error;
}
