/**
 * Plain HTTP to a simulator, for tests that must see statuses and bodies as they are on the wire.
 */
import type { Expected, Fact } from './fixtures/recorded-facts';

export interface Sent {
  status: number;
  body: any;
  headers: Headers;
}

/** A header set to '' is left out. */
export async function send(
  address: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const all = { 'api-version': '13.0.0', 'content-type': 'application/json', ...headers };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(address + path, {
    method,
    headers: Object.entries(all).filter(([, value]) => value !== ''),
    // Bytes, because fetch would name a content type for a string.
    ...(text === undefined ? {} : { body: Buffer.from(text) }),
  });
  const answer = await response.text();
  return { status: response.status, body: answer === '' ? null : JSON.parse(answer), headers: response.headers };
}

/** Plays the facts in order; what was answered is to equal what was expected. */
export async function replay(
  address: string,
  facts: readonly Fact[],
): Promise<{ answered: object[]; expected: object[] }> {
  const [answered, expected]: [object[], object[]] = [[], []];
  for (const [method, path, body, status, expectation, headers] of facts) {
    const answer = await send(address, method, path, body, headers);
    const request = `${method} ${path} ${JSON.stringify(body) ?? ''}`;
    answered.push({ request, ...seen(answer, expectation) });
    expected.push({ request, ...wanted(status, expectation) });
  }
  return { answered, expected };
}

function wanted(status: number, expected: Expected): object {
  if (expected === undefined) return { status };
  if (expected === null) return { status, body: null };
  if (typeof expected === 'string') return { status, text: expected };
  const value = expected['='];
  return {
    status,
    body: Array.isArray(value) || typeof value !== 'object' ? value : expect.objectContaining(value as object),
  };
}

function seen({ status, body }: Sent, expected: Expected): object {
  if (expected === undefined) return { status };
  if (typeof expected === 'string')
    return { status, text: expected[0] + (expected.startsWith('~') ? body.message : body.error_code) };
  return { status, body };
}
