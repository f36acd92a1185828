/**
 * Who may do what. Roles are granted on the fleet, a silo or a project; a stronger role includes the weaker ones, and a silo's
 * roles reach into its projects. The fleet's roles do not reach into silos: operators manage pools, not tenants' groups.
 *
 * Invariant: who may not read a thing is told that it does not exist; only who may read it learns that it is forbidden.
 */
import type { RoleName } from '../db/access';
import type { CodedError } from '../domain/errors';
import type { Actor } from './auth';
import { forbidden } from './errors';

export type Action = 'read' | 'list_children' | 'modify' | 'create_child' | 'delete';

const STRENGTH: Record<RoleName, number> = { viewer: 1, collaborator: 2, admin: 3 };

/** The weakest role that may, on a project or anything in it. */
const IN_PROJECT: Record<Action, RoleName> = {
  read: 'viewer',
  list_children: 'viewer',
  modify: 'collaborator',
  create_child: 'collaborator',
  delete: 'collaborator',
};

/** The weakest fleet role that may, on IP pools and on the fleet itself. */
const IN_FLEET: Record<Action, RoleName> = {
  read: 'viewer',
  list_children: 'viewer',
  modify: 'admin',
  create_child: 'admin',
  delete: 'admin',
};

/** What a silo's role makes of its holder in each of the silo's projects. */
const INHERITED: Record<RoleName, RoleName> = { viewer: 'viewer', collaborator: 'admin', admin: 'admin' };

export interface ProjectPlace {
  projectId: string;
  siloId: string;
}

export function requireInProject(actor: Actor, action: Action, where: ProjectPlace, absent: () => CodedError): void {
  const roles = actor.roles.flatMap(({ scope, resourceId, role }) => {
    if (scope === 'project' && resourceId === where.projectId) return [role];
    return scope === 'silo' && resourceId === where.siloId ? [INHERITED[role]] : [];
  });
  decide(roles, IN_PROJECT, action, absent);
}

/** For one pool: who may not read it does not learn whether it exists. */
export function requireOnPool(actor: Actor, action: Action, absent: () => CodedError): void {
  decide(fleetRoles(actor), IN_FLEET, action, absent);
}

/** For what everybody knows to exist, such as the list of pools. */
export function requireInFleet(actor: Actor, action: Action): void {
  decide(fleetRoles(actor), IN_FLEET, action, forbidden);
}

/** A silo is read by its own viewers and by the fleet's. */
export function requireReadSilo(actor: Actor, siloId: string, absent: () => CodedError): void {
  const own = actor.roles.filter(({ scope, resourceId }) => scope === 'silo' && resourceId === siloId);
  decide([...own.map(({ role }) => role), ...fleetRoles(actor)], IN_FLEET, 'read', absent);
}

const fleetRoles = (actor: Actor) => actor.roles.filter(({ scope }) => scope === 'fleet').map(({ role }) => role);

function decide(roles: RoleName[], needs: Record<Action, RoleName>, action: Action, absent: () => CodedError): void {
  const strength = Math.max(0, ...roles.map((role) => STRENGTH[role]));
  if (strength >= STRENGTH[needs[action]]) return;
  throw strength >= STRENGTH[needs.read] ? forbidden() : absent();
}
