/** What a sled agent is told about an instance's VMM and its groups. */
import { sql } from 'drizzle-orm';
import type { EventBody } from '../domain/events';
import { LIMITS } from '../domain/limits';
import { sourcesKey } from '../domain/plan-round';
import type { Db, Queryable } from './client';
import { sourcesOf } from './flows';
import { uuids } from './lists';
import { requestGroups, type GroupRequest } from './requests';

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

/** A group of a registration's list, as a sled agent of version 5 takes it. */
export interface Prepared {
  groupId: string;
  groupIp: string;
  sources: string[];
}

type Vmm = Pick<Registration, 'propolisId' | 'sledId'>;

/**
 * A registration begins: the flows that its list of groups, the instance's memberships, may bring to the NIC are written down, so that
 * they can be taken back. Returns the list, in order of addresses.
 */
export async function beginRegistration(db: Db, vmm: Vmm & { instanceId: string }): Promise<Prepared[]> {
  const rows = await db.execute<PreparedColumns>(sql`
    with noted as (insert into member_flow (group_id, propolis_id, sled_id, group_ip, sources, state, round, registering)
    select g.id, ${vmm.propolisId}, ${vmm.sledId}, g.multicast_ip, ${sourcesOf}, 'joining', g.round, true
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id
    where m.parent_id = ${vmm.instanceId} and m.time_deleted is null and g.state <> 'deleting'
    order by g.multicast_ip
    on conflict (group_id, propolis_id, sources) do update set registering = true,
      state = case when member_flow.state = 'leaving' then 'joining' else member_flow.state end, time_modified = now()
    returning group_id, group_ip, sources)
    select group_id, host(group_ip) as group_ip, sources from noted order by noted.group_ip`);
  return [...rows].map(toPrepared);
}

/**
 * It is over: from here on what nobody wants is taken back, by the rounds of its group or, if that is gone, by reconciliation.
 * `prepared`: what this attempt knows of; an undo may have forgotten the VMM before the sled had it.
 */
export async function endRegistration(db: Db, vmm: Vmm, prepared: Prepared[]): Promise<void> {
  const flows = prepared.map((each) => ({ ...each, sources: sourcesKey(each.sources) }));
  if (flows.length > 0)
    await db.execute(sql`
      insert into member_flow (group_id, propolis_id, sled_id, group_ip, sources, state, round, registering)
      select r."groupId", ${vmm.propolisId}, ${vmm.sledId}, r."groupIp"::inet, r.sources, 'joining', 0, false
      from jsonb_to_recordset(${JSON.stringify(flows)}::jsonb) as r("groupId" uuid, "groupIp" text, sources text)
      on conflict (group_id, propolis_id, sources) do update set registering = false, time_modified = now()`);
  await release(db, [vmm.propolisId]);
}

/** Those of earlier attempts too: a membership may have gone since. */
async function release(db: Queryable, vmms: string[]): Promise<void> {
  await db.execute(sql`
    update member_flow set registering = false, time_modified = now()
    where propolis_id = any(${uuids(vmms)}) and registering`);
}

/** None takes as long as this: what is still marked was begun by an attempt that has outlived its time, and has died since. */
export async function releaseOverdue(db: Queryable): Promise<void> {
  await db.execute(sql`
    update member_flow set registering = false, time_modified = now()
    where registering and time_modified < now() - ${LIMITS.waitMs} * interval '1 millisecond'`);
}

/** A VMM that is not there has no flows. */
export async function forgetVmm(db: Db, propolisId: string): Promise<void> {
  await db.execute(sql`delete from member_flow where propolis_id = ${propolisId}`);
}

interface PreparedColumns extends Record<string, unknown> {
  group_id: string;
  group_ip: string;
  sources: string;
}

function toPrepared(row: PreparedColumns): Prepared {
  const sources = row.sources === '' ? [] : row.sources.split(',');
  return { groupId: row.group_id, groupIp: row.group_ip, sources };
}

export async function sledAddress(db: Queryable, sledId: string): Promise<string | null> {
  const rows = await db.execute<{ agent_address: string }>(sql`select agent_address from sled where id = ${sledId}`);
  return rows[0]?.agent_address ?? null;
}

/**
 * Undo of a registration, whether the sled has answered or not: rounds take back what it prepared, and members that stand on its VMM are
 * judged anew, since they may have been Joined there by then.
 */
export async function withdrawPrepared(db: Db, eventIds: string[]): Promise<GroupRequest[]> {
  if (eventIds.length === 0) return [];
  return db.transaction(async (tx) => {
    const events = await tx.execute<{ vmm: string }>(sql`
      select coalesce(e.body ->> 'propolis_id', e.body #>> '{target,propolis_id}') as vmm
      from instance_event e where e.event_id = any(${uuids(eventIds)})`);
    const vmms = [...events].map((row) => row.vmm);
    await release(tx, vmms);
    const groups = await tx.execute<{ id: string }>(sql`
      select group_id as id from member_flow where propolis_id = any(${uuids(vmms)})
      union select m.external_group_id from multicast_group_member m join instance_event e on e.instance_id = m.parent_id
      where e.event_id = any(${uuids(eventIds)}) and m.time_deleted is null
        and (m.propolis_id = any(${uuids(vmms)}) or m.target_propolis_id = any(${uuids(vmms)}))`);
    return requestGroups(
      tx,
      [...groups].map((row) => row.id),
    );
  });
}
