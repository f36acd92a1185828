/**
 * The version header. Invariant: it is judged before anything else of a request, the path included.
 */
import { API_VERSION_HEADER } from '../../dataplane/dpd/wire';
import { invalid } from './reply';

const PARTS = ['major', 'minor', 'patch'];

/** The major version asked for; `newest` is the last one the daemon knows. */
export function requestedVersion(header: string | undefined, newest: number): number {
  if (header === undefined) throw invalid(`missing expected header "${API_VERSION_HEADER}"`);
  const problem = semverProblem(header);
  if (problem) throw invalid(`bad value for header "${API_VERSION_HEADER}": ${problem}: ${header}`);
  const [major = 0, minor = 0, patch = 0] = header.split(/[.+-]/).map(Number);
  const beyond = major > newest || (major === newest && minor + patch > 0);
  if (beyond) throw invalid(`server does not support this API version: ${header}`);
  return major;
}

function semverProblem(text: string): string | null {
  if (text === '') return 'empty string, expected a semver version';
  let rest = text;
  for (const [index, part] of PARTS.entries()) {
    const digits = /^\d*/.exec(rest)?.[0] ?? '';
    if (digits === '')
      return rest === ''
        ? `unexpected end of input while parsing ${part} version number`
        : unexpected(rest, `while parsing ${part}`);
    if (digits.length > 1 && digits.startsWith('0')) return `invalid leading zero in ${part} version number`;
    rest = rest.slice(digits.length);
    if (index === 2) break;
    if (rest === '') return `unexpected end of input while parsing ${part} version number`;
    if (!rest.startsWith('.')) return unexpected(rest, `after ${part}`);
    rest = rest.slice(1);
  }
  return rest === '' || /^[+-]/.test(rest) ? null : unexpected(rest, 'after patch');
}

const unexpected = (rest: string, where: string): string => `unexpected character '${rest[0]}' ${where} version number`;
