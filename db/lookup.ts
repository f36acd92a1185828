/**
 * Finding one resource by its name or its id. A name counts within its parent only; what is deleted is not found. Nothing here
 * knows who asks: whether the caller may see what was found is decided above.
 */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Queryable } from './client';
import { instance, multicastGroup, project, silo, vpc } from './schema';

export type ById = { id: string };
export type InSilo = ById | { siloId: string; name: string };
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

export async function findProject(db: Queryable, by: InSilo): Promise<ProjectRef | null> {
  const rows = await db
    .select({ id: project.id, siloId: project.siloId, name: project.name })
    .from(project)
    .where('id' in by ? eq(project.id, by.id) : and(eq(project.siloId, by.siloId), eq(project.name, by.name)));
  return rows[0] ?? null;
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
