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

/** A page, unless it is as the caller knows it. The version says which rows it has, and each in which state. */
export interface PageRead {
  version: string;
  made: PageText | null;
}

/** Columns of rows called `r` are an item's fields in their order, its id and its name among them. */
export interface PageRows {
  columns: SQL;
  /** The rest of the select, from `from` to a `where` that goes on. */
  rows: SQL;
  /** Bytes that are others whenever something else stands in the columns. */
  version?: SQL;
  item?: SQL;
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
 * Postgres makes the JSON, and nobody takes it apart on its way out. Making it costs many times what finding the rows does, so
 * their version is looked at first: a row's id, and the transaction that wrote it as it is.
 */
export async function readPage(
  db: Queryable,
  { columns, rows, version = sql`xidsend(r.xmin)`, item = sql`to_json(v)` }: PageRows,
  { limit, after, sort = 'id_ascending' }: IdPage & Partial<Pick<NamePage, 'sort'>>,
  known: string | null,
): Promise<PageRead> {
  const { marker, beyond, direction, last } = ORDERS[sort];
  const start = after === null ? sql`` : sql`and ${marker} ${beyond} ${after}`;
  const page = sql`${start} order by ${marker} ${direction} limit ${limit}`;
  const [read] = await db.execute<{ version: string; items: string | null; last: string | null }>(sql`
    select seen.version, made.items, made.last
    from (
      select coalesce(md5(string_agg(q.id || q.version, '')), 'empty') as version
      from (select uuid_send(r.id) as id, ${version} as version ${rows} ${page}) q
    ) seen cross join lateral (
      select '[' || string_agg(${item}::text, ',') || ']' as items, ${last} as last
      from (select ${columns} ${rows} and seen.version is distinct from ${known} ${page}) v
    ) made`);
  if (read === undefined) throw new Error('a select of aggregates returned no row');
  return {
    version: read.version,
    made: read.version === known ? null : { items: read.items ?? '[]', last: read.last },
  };
}

/** As a Date is written in JSON. */
export function instant(column: SQL): SQL {
  return sql`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
