/**
 * The one table of errors. `retry` says what the saga does with it: an activity that meets a retryable error is attempted
 * again within its bound, a terminal one ends the step at once. `status` is what the API answers when the code reaches it.
 */
export const ERRORS = {
  // dataplane
  Unreachable: { retry: true, status: 503 },
  ServerError: { retry: true, status: 503 },
  Refused: { retry: false, status: 503 },
  Conflict: { retry: false, status: 503 },
  Missing: { retry: false, status: 503 },
  Unsupported: { retry: false, status: 503 },
  ForeignObject: { retry: false, status: 503 },
  // API, as Oxide's clients know them
  ObjectNotFound: { retry: false, status: 404 },
  ObjectAlreadyExists: { retry: false, status: 400 },
  InvalidRequest: { retry: false, status: 400 },
  InvalidValue: { retry: false, status: 400 },
  Unauthorized: { retry: false, status: 401 },
  Forbidden: { retry: false, status: 403 },
  EventConflict: { retry: false, status: 409 },
  TooManyRequests: { retry: true, status: 429 },
  InsufficientCapacity: { retry: false, status: 507 },
  ServiceNotAvailable: { retry: true, status: 503 },
  Internal: { retry: true, status: 500 },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A switch that answers so to a group will answer so again. */
export const REFUSALS: readonly ErrorCode[] = ['Refused', 'ForeignObject', 'Unsupported'];

/** An error with a code of the table. The edge that meets it decides what becomes of it; nobody matches on texts. */
export class CodedError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = code;
  }
}

export function isCoded(error: unknown, ...codes: ErrorCode[]): error is CodedError {
  return error instanceof CodedError && (codes.length === 0 || codes.includes(error.code));
}
