/** What a sled agent is told about an instance's VMM and its groups. */
import { sql } from 'drizzle-orm';
import type { EventBody } from '../domain/events';
import type { Db, Queryable } from './client';
import { requestGroups, type GroupRequest } from './requests';
import { uuids } from './lists';

export interface Registration {
  instanceId: string;
  sledId: string;
  propolisId: string;
  agentAddress: string;
  body: Record<string, unknown>;
  /** The event is over or overtaken: nothing may be registered for it any more. */
  late: boolean;
}

/** The registration that an event carries; null when it carries none or its sled is gone. */
export async function registrationOf(db: Queryable, eventId: string): Promise<Registration | null> {
  const rows = await db.execute<{
    instance_id: string;
    body: EventBody;
    sled_id: string | null;
    agent_address: string | null;
    late: boolean;
  }>(sql`
    select e.instance_id, e.body, s.id as sled_id, s.agent_address,
      e.time_finished is not null or e.superseded_by is not null as late
    from instance_event e
    left join sled s on s.id = coalesce(e.body ->> 'sled_id', e.body -> 'target' ->> 'sled_id')::uuid
    where e.event_id = ${eventId}`);
  const row = rows[0];
  const body = row?.body.vmm_registration;
  const propolisId = row?.body.propolis_id ?? row?.body.target?.propolis_id;
  if (
    row === undefined ||
    body == null ||
    propolisId === undefined ||
    row.sled_id === null ||
    row.agent_address === null
  )
    return null;
  return {
    instanceId: row.instance_id,
    sledId: row.sled_id,
    propolisId,
    agentAddress: row.agent_address,
    body,
    late: row.late,
  };
}

/** The instance's live memberships, as a sled agent of version 5 takes them. */
export async function membershipsForSled(
  db: Queryable,
  instanceId: string,
): Promise<{ group_id: string; group_ip: string; sources: string[] }[]> {
  const rows = await db.execute<{ group_id: string; group_ip: string; sources: string[] }>(sql`
    select g.id as group_id, host(g.multicast_ip) as group_ip, array(select host(s) from unnest(g.source_ips) s order by s) as sources
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id
    where m.parent_id = ${instanceId} and m.time_deleted is null and g.state <> 'deleting'
    order by g.multicast_ip`);
  return [...rows];
}

export async function sledAddress(db: Queryable, sledId: string): Promise<string | null> {
  const rows = await db.execute<{ agent_address: string }>(sql`select agent_address from sled where id = ${sledId}`);
  return rows[0]?.agent_address ?? null;
}

/** Undo of a registration: what it prepared on the VMM's NIC is taken back by the next round of each group, since nobody wants it. */
export async function withdrawPrepared(db: Db, eventIds: string[]): Promise<GroupRequest[]> {
  if (eventIds.length === 0) return [];
  return db.transaction(async (tx) => {
    const groups = await tx.execute<{ id: string }>(sql`
      select distinct f.group_id as id from member_flow f
      join instance_event e on f.propolis_id = coalesce(e.body ->> 'propolis_id', e.body #>> '{target,propolis_id}')::uuid
      where e.event_id = any(${uuids(eventIds)})`);
    return requestGroups(
      tx,
      [...groups].map((row) => row.id),
    );
  });
}
