/** What became of instances and their events, as their status shows it. Reads only. */
import { asc, eq, gt, and, sql } from 'drizzle-orm';
import type { EventOutcome } from '../domain/events';
import type { Queryable } from './client';
import type { IdPage } from './page';
import { instance, instanceEvent } from './schema';

export type InstanceStatusRow = typeof instance.$inferSelect;
export type EventStatusRow = typeof instanceEvent.$inferSelect & { outcome: EventOutcome };

/** Accepted while multicast is off: waiting, and said so. */
export const eventOutcome = sql<EventOutcome>`case when ${instanceEvent.state} = 'pending'
  and not coalesce((select multicast_enabled from runtime_config), false) then 'disabled' else ${instanceEvent.state}::text end`;

export async function readInstance(db: Queryable, id: string): Promise<InstanceStatusRow | null> {
  return (await db.select().from(instance).where(eq(instance.id, id)))[0] ?? null;
}

export async function listInstances(db: Queryable, page: IdPage): Promise<InstanceStatusRow[]> {
  const where = page.after === null ? undefined : gt(instance.id, page.after);
  return db.select().from(instance).where(where).orderBy(asc(instance.id)).limit(page.limit);
}

export async function readEvent(db: Queryable, instanceId: string, eventId: string): Promise<EventStatusRow | null> {
  const rows = await db
    .select({ event: instanceEvent, outcome: eventOutcome })
    .from(instanceEvent)
    .where(and(eq(instanceEvent.eventId, eventId), eq(instanceEvent.instanceId, instanceId)));
  const row = rows[0];
  return row === undefined ? null : { ...row.event, outcome: row.outcome };
}

/** In the order in which they were accepted; the marker is an event's sequence number. */
export async function listEvents(db: Queryable, instanceId: string, page: IdPage): Promise<EventStatusRow[]> {
  const own = eq(instanceEvent.instanceId, instanceId);
  const rows = await db
    .select({ event: instanceEvent, outcome: eventOutcome })
    .from(instanceEvent)
    .where(page.after === null ? own : and(own, gt(instanceEvent.sequence, Number(page.after))))
    .orderBy(asc(instanceEvent.sequence))
    .limit(page.limit);
  return rows.map((row) => ({ ...row.event, outcome: row.outcome }));
}

/** What the instance's virtual NIC should accept, as a sled agent takes it. */
export async function multicastMemberships(
  db: Queryable,
  instanceId: string,
): Promise<{ group_ip: string; sources: string[] }[]> {
  const rows = await db.execute<{ group_ip: string; sources: string[] }>(sql`
    select host(g.multicast_ip) as group_ip,
      coalesce((select jsonb_agg(host(s) order by s) from unnest(g.source_ips) s), '[]') as sources
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id
    where m.parent_id = ${instanceId} and m.time_deleted is null and g.state <> 'deleting'
    order by g.multicast_ip`);
  return [...rows];
}
