/** How values read in tables: states in their colours, times to the second, nothing as a dash. */
import colors from 'picocolors';
import { table } from './table';

const GOOD = ['active', 'joined', 'in_service', 'succeeded', 'served', 'accepted', 'completed', 'on'];
const QUIET = ['left', 'superseded', 'stale', 'duplicate', 'removed'];
const BAD = ['failed', 'refused', 'unreachable', 'terminated', 'timed_out'];

export function stateText(state: string | null): string {
  if (state === null) return NONE;
  if (GOOD.includes(state)) return colors.green(state);
  if (BAD.includes(state)) return colors.red(state);
  return QUIET.includes(state) ? colors.dim(state) : colors.yellow(state);
}

export const NONE = '-';

/** `2026-01-31T12:00:00Z` */
export function timeText(time: string | null | undefined): string {
  return time == null ? NONE : time.replace(/\.\d+Z$/, 'Z');
}

export const orNone = (value: string | number | null | undefined): string =>
  value == null || value === '' ? NONE : String(value);

/** Names with values, one a line. */
export const facts = (rows: [string, string | number | null | undefined][]): string =>
  table(
    [],
    rows.map(([name, value]) => [colors.dim(name), orNone(value)]),
  );

/** A table under its title; nothing where there is nothing. */
export function section(title: string, head: string[], rows: (string | number)[][]): string {
  return rows.length === 0 ? '' : `\n\n${title}\n${table(head, rows)}`;
}
