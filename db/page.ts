/**
 * One page of a list, by keyset: rows after a marker in a total order. Rows that come or go between two pages neither repeat
 * nor hide others. Names are ordered by bytes, whatever the database's locale.
 */
import { asc, desc, gt, sql, type Column, type SQL } from 'drizzle-orm';

export interface IdPage {
  limit: number;
  /** The last item of the page before; null on the first page. */
  after: string | null;
}

export interface NamePage extends IdPage {
  sort: 'name_ascending' | 'name_descending' | 'id_ascending';
}

/** Condition and order of this page; the caller adds its own conditions and the limit. */
export function pageBy(columns: { id: Column; name: Column }, page: NamePage): { where: SQL | undefined; order: SQL } {
  if (page.sort === 'id_ascending') return pageById(columns.id, page);
  const name = sql`${columns.name} collate "C"`;
  const descending = page.sort === 'name_descending';
  const order = descending ? desc(name) : asc(name);
  if (page.after === null) return { where: undefined, order };
  return { where: descending ? sql`${name} < ${page.after}` : sql`${name} > ${page.after}`, order };
}

export function pageById(id: Column, page: IdPage): { where: SQL | undefined; order: SQL } {
  return { where: page.after === null ? undefined : gt(id, page.after), order: asc(id) };
}
