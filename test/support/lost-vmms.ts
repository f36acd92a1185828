/** VMMs of instances that failed: no sled was asked to forget them, and nobody is there to receive. */
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client';

export async function lostVmms(db: Db): Promise<Set<string>> {
  const rows = await db.execute<{ id: string }>(sql`
    select coalesce(b.body ->> 'propolis_id', b.body #>> '{target,propolis_id}') as id
    from instance_event b where b.kind in ('start', 'migrate')
      and exists (select 1 from instance_event f where f.instance_id = b.instance_id and f.kind = 'fail' and f.generation > b.generation)`);
  return new Set([...rows].map((row) => row.id));
}
