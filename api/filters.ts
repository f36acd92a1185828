/**
 * Filters of a list. A page token carries them too, so they are parsed again wherever they come from: what does not fit is
 * refused, and nothing unchecked reaches a statement.
 */
import { z } from 'zod';
import { describeIssues, invalidRequest } from './errors';
import { shownAs } from './wire';

export function filtersOf<S extends z.ZodType>(
  schema: S,
  { filters }: { filters: Partial<Record<string, string>> },
): z.output<S> {
  const parsed = schema.safeParse(filters);
  if (parsed.success) return parsed.data;
  throw invalidRequest(`unable to parse query string: ${describeIssues(parsed.error.issues)}`);
}

/** `true` or `false` in a query; a boolean in the document. */
export const Flag = z.enum(['true', 'false']).meta({ override: shownAs({ type: 'boolean' }) });
