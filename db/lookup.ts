/**
 * Finding one resource by its name or its id. A name counts within its parent only; what is deleted is not found. Nothing here
 * knows who asks: whether the caller may see what was found is decided above.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable } from './client';
import { groupColumns } from './groups';
import { each, texts, uuids } from './lists';
import { instance, multicastGroup, project, silo, vpc } from './schema';

export type ById = { id: string };
export type InProject = ById | { projectId: string; name: string };

export interface ProjectRef {
  id: string;
  siloId: string;
  name: string;
}

/** What authorization and messages need of a project's child. */
export interface ProjectChild extends ProjectRef {
  projectId: string;
}

export async function findSilo(
  db: Queryable,
  by: ById | { name: string },
): Promise<{ id: string; name: string } | null> {
  const rows = await db
    .select({ id: silo.id, name: silo.name })
    .from(silo)
    .where('id' in by ? eq(silo.id, by.id) : eq(silo.name, by.name));
  return rows[0] ?? null;
}

/** By id, or by silo and name; each under the key it was asked for. */
export async function findProjects(db: Queryable, keys: string[]): Promise<Map<string, ProjectRef>> {
  const { ids, parents, names } = sorted(keys);
  const rows = await db.execute<{ key: string; id: string; silo_id: string; name: string }>(sql`
    select p.id::text as key, p.id, p.silo_id, p.name from ${each(uuids(ids))} w(id) join project p on p.id = w.id
    union all
    select w.silo_id || '/' || w.name, p.id, p.silo_id, p.name
    from ${each(uuids(parents), texts(names))} w(silo_id, name)
      join project p on p.silo_id = w.silo_id and p.name = w.name`);
  return new Map([...rows].map(({ key, id, silo_id: siloId, name }) => [key, { id, siloId, name }]));
}

export async function findVpc(
  db: Queryable,
  by: InProject,
): Promise<{ id: string; projectId: string; vni: number } | null> {
  const rows = await db
    .select({ id: vpc.id, projectId: vpc.projectId, vni: vpc.vni })
    .from(vpc)
    .where('id' in by ? eq(vpc.id, by.id) : and(eq(vpc.projectId, by.projectId), eq(vpc.name, by.name)));
  return rows[0] ?? null;
}

export async function findInstance(db: Queryable, by: InProject): Promise<ProjectChild | null> {
  const named =
    'id' in by ? eq(instance.id, by.id) : and(eq(instance.projectId, by.projectId), eq(instance.name, by.name));
  const rows = await db
    .select({ id: instance.id, name: instance.name, projectId: instance.projectId, siloId: project.siloId })
    .from(instance)
    .innerJoin(project, eq(project.id, instance.projectId))
    .where(and(named, isNull(instance.timeDeleted)));
  return rows[0] ?? null;
}

/** A group as it is shown, and where it is. */
export interface SeenGroup {
  id: string;
  projectId: string;
  siloId: string;
  /** JSON. */
  view: string;
}

/** By id, or by project and name; each under the key it was asked for. */
export async function findGroups(db: Queryable, keys: string[]): Promise<Map<string, SeenGroup>> {
  const { ids, parents, names } = sorted(keys);
  const rows = await db.execute<{ key: string; id: string; project_id: string; silo_id: string; view: string }>(sql`
    select w.key, r.id, r.project_id, p.silo_id, (select to_json(v)::text from (select ${groupColumns}) v) as view
    from (
      select id::text as key, id from ${each(uuids(ids))} w(id)
      union all
      select w.project_id || '/' || w.name, g.id
      from ${each(uuids(parents), texts(names))} w(project_id, name)
        join multicast_group g on g.project_id = w.project_id and g.name = w.name and g.time_deleted is null
    ) w
      join multicast_group r on r.id = w.id
      join project p on p.id = r.project_id
    where r.time_deleted is null`);
  return new Map(
    [...rows].map(({ key, id, project_id: projectId, silo_id: siloId, view }) => [
      key,
      { id, projectId, siloId, view },
    ]),
  );
}

export async function findGroup(db: Queryable, by: InProject | { ip: string }) {
  const rows = await db
    .select({ group: multicastGroup, siloId: project.siloId })
    .from(multicastGroup)
    .innerJoin(project, eq(project.id, multicastGroup.projectId))
    .where(and(groupIs(by), isNull(multicastGroup.timeDeleted)));
  return rows[0] ?? null;
}

function groupIs(by: InProject | { ip: string }) {
  if ('ip' in by) return sql`${multicastGroup.multicastIp} = ${by.ip}::inet`;
  if ('id' in by) return eq(multicastGroup.id, by.id);
  return and(eq(multicastGroup.projectId, by.projectId), eq(multicastGroup.name, by.name));
}

/** One text for a resource: its id, or its parent's id and its name. Names have no slash. */
export const keyOf = (by: ById | { parent: string; name: string }): string =>
  'id' in by ? by.id : `${by.parent}/${by.name}`;

function sorted(keys: string[]): { ids: string[]; parents: string[]; names: string[] } {
  const named = keys.map((key) => key.split('/')).filter((parts) => parts.length === 2);
  return {
    ids: keys.filter((key) => !key.includes('/')),
    parents: named.map(([parent = '']) => parent),
    names: named.map(([, name = '']) => name),
  };
}
