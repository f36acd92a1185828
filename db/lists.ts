/**
 * Lists in statements, as one parameter: `where id = any(${uuids(ids)})`. The text of a statement is then the same for every length, so
 * that it is prepared once; drizzle's own lists make a new statement for each.
 */
import { sql, type SQL } from 'drizzle-orm';

export function uuids(ids: readonly string[]): SQL {
  return sql`${literal(ids)}::uuid[]`;
}

export function texts(values: readonly string[]): SQL {
  return sql`${literal(values)}::text[]`;
}

/**
 * A list as rows: `from ${each(uuids(ids))} w(id)`. Postgres does not look at how many there are when it plans, so that one plan is
 * made and kept; it would plan each statement anew if short lists looked cheaper than the list it cannot see.
 */
export function each(...lists: SQL[]): SQL {
  return sql`unnest(${sql.join(
    lists.map((list) => sql`(select ${list})`),
    sql`, `,
  )})`;
}

/** Postgres' own way to write an array. */
function literal(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/**
 * Rows whose statement locks what it changes, one after the other: in id order, as everywhere, so that two statements that want the same
 * rows never wait for each other.
 */
export function inIdOrder<Row>(rows: readonly Row[], idOf: (row: Row) => string): Row[] {
  return rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}
