/**
 * Names and ids. Invariant: nothing is both, so a text that names a resource is read in one way only.
 */
import { LIMITS } from './limits';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Why this is not a name, or null. */
export function nameFault(text: string): string | null {
  if (text.length === 0) return 'a name must not be empty';
  if (text.length > LIMITS.nameLength) return `a name has at most ${LIMITS.nameLength} characters`;
  if (isUuid(text)) return 'a name must not be a UUID';
  if (!/^[a-z]/.test(text)) return 'a name must begin with a lower-case letter';
  if (!/^[a-z0-9-]*$/.test(text)) return 'a name has only lower-case letters, digits and "-"';
  if (text.endsWith('-')) return 'a name must not end with "-"';
  return null;
}

/** Why this is not a description, or null. Characters are counted as Postgres counts them. */
export function descriptionFault(text: string): string | null {
  if (text.includes('\0')) return 'a description must not contain the character U+0000';
  if (Array.from(text).length > LIMITS.descriptionLength)
    return `a description has at most ${LIMITS.descriptionLength} characters`;
  return null;
}
