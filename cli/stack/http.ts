/** JSON over HTTP with a bearer token, for what the stack says to the two APIs and asks the switches. */
import { StackError } from './ports';

export interface HttpClient {
  get<T>(path: string): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

export function httpClient(base: string, headers: Record<string, string>): HttpClient {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, base), {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    }).catch((error: Error) => {
      throw new StackError(`${method} ${path}: ${(error.cause as Error | undefined)?.message ?? error.message}`);
    });
    const text = await response.text();
    if (!response.ok) throw new StackError(`${method} ${path}: ${response.status} ${messageOf(text)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
  };
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Every page of a list, one after the other. */
export async function listAll<T>(client: HttpClient, path: string): Promise<T[]> {
  const items: T[] = [];
  let next: string | null | undefined;
  do {
    const url = next == null ? path : `${path.split('?')[0]}?page_token=${encodeURIComponent(next)}`;
    const page: { items: T[]; next_page?: string | null } = await client.get(url);
    items.push(...page.items);
    next = page.next_page;
  } while (next != null);
  return items;
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
