/**
 * All that a set of posted events has to be judged against, read in one round trip: the instances under lock, the events
 * known already, and what the events name. Projects and sleds are locked against removal until the events are stored.
 */
import { sql, type SQL } from 'drizzle-orm';
import type { KnownEvent, KnownGroup, KnownInstance, References } from '../domain/admit-event';
import type { LifecycleEvent } from '../domain/events';
import { isUuid } from '../domain/names';
import type { PostedEvent } from './accept-events';
import type { Tx } from './client';
import { texts, uuids } from './lists';

/** What to do about an instance that somebody else holds. */
export type WhenHeld = 'wait' | 'leave';

export interface Known {
  enabled: boolean;
  instances: KnownInstance[];
  /** Instances that somebody else holds, and that were to be left. */
  held: ReadonlySet<string>;
  events: (KnownEvent & { eventId: string })[];
  references: References;
  /** Where each instance is a member, for whoever looks for its events by group. */
  memberships: Map<string, GroupAddress[]>;
}

export interface GroupAddress {
  id: string;
  ip: string;
}

export async function readKnown(tx: Tx, posted: PostedEvent[], whenHeld: WhenHeld): Promise<Known> {
  const asked = namesIn(posted);
  // The lock comes first: what is read after it cannot be overtaken by another post for the same instance.
  const [instances, existing, memberships, events, gate, projects, sleds, groups, named] = await Promise.all([
    lockInstances(tx, asked.instances, whenHeld),
    whenHeld === 'wait' ? [] : instanceIds(tx, asked.instances),
    membershipsOf(tx, asked.instances),
    readEvents(tx, asked.events),
    tx.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`),
    idsOf(tx, sql`project`, asked.projects),
    idsOf(tx, sql`sled`, asked.sleds),
    readGroups(tx, asked),
    readNamed(tx, asked),
  ]);
  const locked = new Set(instances.map((instance) => instance.id));
  const held = new Set(existing.filter((id) => !locked.has(id)));
  const enabled = gate[0]?.enabled === true;
  return { enabled, instances, held, events, references: { projects, sleds, groups, named }, memberships };
}

interface Asked {
  instances: string[];
  events: string[];
  projects: string[];
  sleds: string[];
  groupIds: string[];
  groupNames: string[];
  instanceNames: string[];
}

function namesIn(posted: PostedEvent[]): Asked {
  const distinct = (pick: (event: LifecycleEvent) => string[]) => [
    ...new Set(posted.flatMap(({ event }) => pick(event))),
  ];
  const groups = distinct((event) => ('multicast_groups' in event ? event.multicast_groups : []));
  return {
    instances: [...new Set(posted.map(({ instanceId }) => instanceId))],
    events: distinct((event) => [event.event_id]),
    projects: distinct((event) => (event.kind === 'create' ? [event.project_id] : [])),
    instanceNames: distinct((event) => (event.kind === 'create' ? [event.name] : [])),
    sleds: distinct((event) => {
      if (event.kind === 'start') return [event.sled_id];
      return event.kind === 'migrate' ? [event.source.sled_id, event.target.sled_id] : [];
    }),
    groupIds: groups.filter(isUuid),
    groupNames: groups.filter((selector) => !isUuid(selector)),
  };
}

async function lockInstances(tx: Tx, ids: string[], whenHeld: WhenHeld): Promise<KnownInstance[]> {
  const rows = await tx.execute<{
    id: string;
    project_id: string;
    name: string;
    generation: number;
    deleted: boolean;
  }>(sql`
    select id, project_id, name, generation, time_deleted is not null as deleted
    from instance where id = any(${uuids(ids)}) order by id for update ${whenHeld === 'leave' ? sql`skip locked` : sql``}`);
  return [...rows].map(({ project_id: projectId, ...row }) => ({ ...row, projectId }));
}

async function instanceIds(tx: Tx, ids: string[]): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`select id from instance where id = any(${uuids(ids)})`);
  return [...rows].map((row) => row.id);
}

async function membershipsOf(tx: Tx, ids: string[]): Promise<Known['memberships']> {
  const rows = await tx.execute<{ instance: string; id: string; ip: string }>(sql`
    select m.parent_id as instance, g.id, host(g.multicast_ip) as ip
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id
    where m.parent_id = any(${uuids(ids)}) and m.time_deleted is null`);
  const memberships: Known['memberships'] = new Map();
  for (const { instance, id, ip } of rows)
    memberships.set(instance, [...(memberships.get(instance) ?? []), { id, ip }]);
  return memberships;
}

async function readEvents(tx: Tx, ids: string[]): Promise<Known['events']> {
  const rows = await tx.execute<{ event_id: string; hash: string | null; claimed_by: string | null }>(sql`
    select event_id, body ->> 'content_hash' as hash, claimed_by from instance_event where event_id = any(${uuids(ids)})`);
  return [...rows].map((row) => ({ eventId: row.event_id, contentHash: row.hash ?? '', claimedBy: row.claimed_by }));
}

async function idsOf(tx: Tx, table: SQL, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.execute<{ id: string }>(
    sql`select id from ${table} where id = any(${uuids(ids)}) order by id for key share`,
  );
  return new Set([...rows].map((row) => row.id));
}

async function readGroups(tx: Tx, { groupIds, groupNames, instances, projects }: Asked): Promise<KnownGroup[]> {
  if (groupIds.length + groupNames.length === 0) return [];
  const conditions: SQL[] = [];
  if (groupIds.length > 0) conditions.push(sql`id = any(${uuids(groupIds)})`);
  if (groupNames.length > 0) {
    const ofNew = projects.length === 0 ? sql`` : sql`or project_id = any(${uuids(projects)})`;
    conditions.push(sql`name = any(${texts(groupNames)}) and
      (project_id in (select project_id from instance where id = any(${uuids(instances)})) ${ofNew})`);
  }
  const rows = await tx.execute<{ id: string; project_id: string; name: string; deleting: boolean }>(sql`
    select id, project_id, name, state = 'deleting' as deleting
    from multicast_group where time_deleted is null and (${sql.join(conditions, sql` or `)})`);
  return [...rows].map(({ project_id: projectId, ...row }) => ({ ...row, projectId }));
}

async function readNamed(tx: Tx, { projects, instanceNames }: Asked): Promise<References['named']> {
  if (instanceNames.length === 0) return [];
  const rows = await tx.execute<{ id: string; project_id: string; name: string }>(sql`
    select id, project_id, name from instance
    where project_id = any(${uuids(projects)}) and name = any(${texts(instanceNames)}) and time_deleted is null`);
  return [...rows].map(({ id, name, project_id: projectId }) => ({ id, name, projectId }));
}
