/**
 * From what a request names to the resource that it may use. A name needs a project around it, an id must come without one.
 * Invariant: nothing leaves here that the caller may not use in the way asked for; what it may not see is not found.
 */
import { findInstance, findSilo, keyOf, type ProjectChild, type ProjectRef, type SeenGroup } from '../db/lookup';
import { findPool, type PoolRow } from '../db/pools';
import { nameFault } from '../domain/names';
import { invalidRequest, notFound } from './errors';
import { requireInProject, requireOnPool, type Action } from './policy';
import type { Seeker } from './reading';
import { isId, type NameOrId } from './wire';

type Project = NameOrId | null | undefined;

export const byNameOrId = (selector: NameOrId) => (isId(selector) ? { id: selector } : { name: selector });

export async function selectProject(seeker: Seeker, action: Action, selector: NameOrId): Promise<ProjectRef> {
  const { reading, actor } = seeker;
  const absent = () => notFound('project', byNameOrId(selector));
  const found = await reading.project(
    keyOf(isId(selector) ? { id: selector } : { parent: actor.siloId, name: selector }),
  );
  if (found === null) throw absent();
  requireInProject(actor, action, { projectId: found.id, siloId: found.siloId }, absent);
  return found;
}

export async function selectGroup(
  seeker: Seeker,
  action: Action,
  selector: NameOrId,
  project: Project,
): Promise<SeenGroup> {
  requireOneWay('multicast_group', selector, project);
  return groupIn(seeker, action, selector, project);
}

export async function selectInstance(
  seeker: Seeker,
  action: Action,
  selector: NameOrId,
  project: Project,
): Promise<ProjectChild> {
  requireOneWay('instance', selector, project);
  return instanceIn(seeker, action, selector, project);
}

/** Group and instance each by itself: the project is for whichever is named, and one of them has to be. */
export async function selectMembership(
  seeker: Seeker,
  action: Action,
  selectors: { group: NameOrId; instance: NameOrId; project: Project },
): Promise<{ group: SeenGroup; instance: ProjectChild }> {
  const { group, instance, project } = selectors;
  if (isId(group) && isId(instance)) requireOneWay('multicast_group', group, project);
  if (!isId(group)) requireOneWay('multicast_group', group, project);
  if (!isId(instance)) requireOneWay('instance', instance, project);
  return {
    group: await groupIn(seeker, action, group, project),
    instance: await instanceIn(seeker, action, instance, project),
  };
}

export async function selectPool(
  { db, actor }: Pick<Seeker, 'db' | 'actor'>,
  action: Action,
  selector: NameOrId,
): Promise<PoolRow> {
  const absent = () => notFound('ip-pool', byNameOrId(selector));
  requireOnPool(actor, action, absent);
  const found = await findPool(db, byNameOrId(selector));
  if (found === null) throw absent();
  return found;
}

/** Finds a silo; whether the caller may use it is for the caller of this to ask. */
export async function findSiloBy(
  { db }: Pick<Seeker, 'db'>,
  selector: NameOrId,
): Promise<{ id: string; name: string }> {
  const found = await findSilo(db, byNameOrId(selector));
  if (found === null) throw notFound('silo', byNameOrId(selector));
  return found;
}

/** A selector that must be there, on the first page from the query and then from the token. */
export function requireSelector(label: string, text: string | undefined): NameOrId {
  if (text === undefined) throw invalidRequest(`unable to parse query string: ${label}: required`);
  if (!isId(text) && nameFault(text) !== null)
    throw invalidRequest(`unable to parse query string: ${label}: expected a name or an id`);
  return text;
}

function requireOneWay(label: string, selector: NameOrId, project: Project): void {
  const given = project !== null && project !== undefined;
  if (isId(selector) && given) throw invalidRequest(`project: must not be given when ${label} is an id`);
  if (!isId(selector) && !given) throw invalidRequest(`project: must be given when ${label} is a name`);
}

async function groupIn(seeker: Seeker, action: Action, selector: NameOrId, project: Project): Promise<SeenGroup> {
  const projectId = isId(selector) ? null : await placeOf(seeker, project);
  const found = await seeker.reading.group(
    keyOf(projectId === null ? { id: selector } : { parent: projectId, name: selector }),
  );
  const absent = () => notFound('multicast-group', byNameOrId(selector));
  if (found === null) throw absent();
  requireInProject(seeker.actor, action, found, absent);
  return found;
}

async function instanceIn(seeker: Seeker, action: Action, selector: NameOrId, project: Project): Promise<ProjectChild> {
  const projectId = isId(selector) ? null : await placeOf(seeker, project);
  const found = await findInstance(seeker.db, projectId === null ? { id: selector } : { projectId, name: selector });
  const absent = () => notFound('instance', byNameOrId(selector));
  if (found === null) throw absent();
  requireInProject(seeker.actor, action, found, absent);
  return found;
}

/** The project that a name is looked for in. */
async function placeOf(seeker: Seeker, project: Project): Promise<string> {
  if (project === null || project === undefined) throw invalidRequest('project: must be given with a name');
  return (await selectProject(seeker, 'read', project)).id;
}
