/** Which constraint a statement ran into, if that is what went wrong. Races that a check cannot see end here. */
const UNIQUE_VIOLATION = '23505';

/** Name of the unique index that refused the row, or null. The driver's error may lie under the query builder's. */
export function violatedIndex(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, constraint_name: name } = at as Error & { code?: unknown; constraint_name?: unknown };
    if (code === UNIQUE_VIOLATION && typeof name === 'string') return name;
  }
  return null;
}

/** The SQLSTATE of what went wrong, or null if Postgres did not say one. */
export function sqlState(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as Error & { code?: unknown };
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return null;
}
