/** JSON over HTTP with bounded retries, for requests that may be repeated. */
export interface InternalHttpOptions {
  /** URL, or `host:port`. */
  address: string;
  token: string;
  /** All attempts together. */
  retryForMs?: number;
  /** One attempt. */
  timeoutMs?: number;
}

/** An answer that is not a success; `status` 0 means that there was none. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errorCode?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ApiError';
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;

export function createInternalHttp({ address, token, retryForMs = 30_000, timeoutMs = 15_000 }: InternalHttpOptions) {
  const base = (address.includes('://') ? address : `http://${address}`).replace(/\/$/, '');

  async function attempt(method: string, path: string, body: unknown): Promise<unknown> {
    const response = await fetch(base + path, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new ApiError(0, `${method} ${path}: no answer from ${base}`, undefined, { cause: error });
    });
    const text = await response.text().catch((error: unknown) => {
      throw new ApiError(0, `${method} ${path}: the answer broke off`, undefined, { cause: error });
    });
    const answer = parse(text) as { message?: string; error_code?: string } | undefined;
    if (response.ok) return answer;
    throw new ApiError(
      response.status,
      answer?.message ?? `${method} ${path}: status ${response.status}`,
      answer?.error_code,
    );
  }

  return {
    async send<T>(method: string, path: string, body?: unknown): Promise<T> {
      const deadline = Date.now() + retryForMs;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        try {
          return (await attempt(method, path, body)) as T;
        } catch (error) {
          if (!(error instanceof ApiError) || !mayPass(error.status) || Date.now() + pause > deadline) throw error;
        }
        // Spread, so that many clients do not come back together.
        await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
      }
    },
  };
}

const mayPass = (status: number) =>
  status === 0 || status === 429 || (status >= 500 && status !== 501 && status !== 507);

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
