/**
 * One page of a list, by keyset: rows after a marker in a total order. Rows that come or go between two pages neither repeat
 * nor hide others. Names are ordered by bytes, whatever the database's locale.
 */
import { asc, gt, sql, type Column, type SQL } from 'drizzle-orm';
import type { Queryable } from './client';

export interface IdPage {
  limit: number;
  /** The last item of the page before; null on the first page. */
  after: string | null;
}

export interface NamePage extends IdPage {
  sort: 'name_ascending' | 'name_descending' | 'id_ascending';
}

/** Condition and order of this page; the caller adds its own conditions and the limit. */
export function pageById(id: Column, page: IdPage): { where: SQL | undefined; order: SQL } {
  return { where: page.after === null ? undefined : gt(id, page.after), order: asc(id) };
}

/** A page as its answer has it: the items as one JSON text, and the last one's marker; null of an empty page. */
export interface PageText {
  items: string;
  last: string | null;
}

/** How rows called `r` with an id, and a name if the list is ordered by names, stand in the page. */
const ORDERS = {
  name_ascending: {
    marker: sql`r.name collate "C"`,
    beyond: sql`>`,
    direction: sql``,
    last: sql`max(v.name collate "C")`,
  },
  name_descending: {
    marker: sql`r.name collate "C"`,
    beyond: sql`<`,
    direction: sql`desc`,
    last: sql`min(v.name collate "C")`,
  },
  id_ascending: { marker: sql`r.id`, beyond: sql`>`, direction: sql``, last: sql`max(v.id::text collate "C")` },
};

/**
 * Postgres makes the JSON, and nobody takes it apart on its way out. `columns` of rows called `r` are the fields of an item in
 * their order, its id and its name among them; `rows` is the rest of the select, from `from` to a `where` that goes on.
 */
export async function pageText(
  db: Queryable,
  { columns, rows, item = sql`to_json(v)` }: { columns: SQL; rows: SQL; item?: SQL },
  { limit, after, sort = 'id_ascending' }: IdPage & Partial<Pick<NamePage, 'sort'>>,
): Promise<PageText> {
  const { marker, beyond, direction, last } = ORDERS[sort];
  const start = after === null ? sql`` : sql`and ${marker} ${beyond} ${after}`;
  const read = await db.execute<Record<keyof PageText, string | null>>(sql`
    select '[' || string_agg(${item}::text, ',') || ']' as items, ${last} as last
    from (select ${columns} ${rows} ${start} order by ${marker} ${direction} limit ${limit}) v`);
  return { items: read[0]?.items ?? '[]', last: read[0]?.last ?? null };
}

/** As a Date is written in JSON. */
export function instant(column: SQL): SQL {
  return sql`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
