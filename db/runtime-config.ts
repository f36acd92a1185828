/** What may be changed while everything runs. Absent row = as shipped: multicast off. */
import { sql } from 'drizzle-orm';
import type { Queryable } from './client';

export async function multicastEnabled(db: Queryable): Promise<boolean> {
  const rows = await db.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`);
  return rows[0]?.enabled ?? false;
}

export async function setMulticastEnabled(db: Queryable, enabled: boolean): Promise<void> {
  await db.execute(sql`
    insert into runtime_config (id, multicast_enabled) values (1, ${enabled})
    on conflict (id) do update set multicast_enabled = excluded.multicast_enabled, time_modified = now()`);
}
