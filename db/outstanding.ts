/** What is outstanding, as numbers: reconciliation compares them before and after, and so tells what a pass has brought about. */
import { sql } from 'drizzle-orm';
import type { Queryable } from './client';

export interface Outstanding {
  groupsCreating: number;
  groupsDeleting: number;
  /** Groups that a round should take up now. */
  groupsDue: number;
  /** Removed memberships that are not confirmed. */
  tombstones: number;
  /** Groups that are known to differ on a switch, once for each switch. */
  drift: number;
  members: number;
}

export async function outstanding(db: Queryable): Promise<Outstanding> {
  const rows = await db.execute<{ [column in keyof Outstanding]: number } & Record<string, unknown>>(sql`
    select
      (select count(*) from multicast_group where state = 'creating')::int as "groupsCreating",
      (select count(*) from multicast_group where state = 'deleting')::int as "groupsDeleting",
      (select count(*) from multicast_group
        where (requested > attempted or time_retry is not null)
          and (requested > attempted or time_retry <= clock_timestamp()))::int as "groupsDue",
      (select count(*) from multicast_group_member where time_deleted is not null)::int as tombstones,
      (select count(*) from (select distinct switch_id, group_id from drift where time_repaired is null and kind <> 'orphan') d)::int as drift,
      (select count(*) from multicast_group_member where time_deleted is null)::int as members`);
  if (rows[0] === undefined) throw new Error('no numbers');
  return rows[0];
}
