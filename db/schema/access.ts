/** Who may do what: actors' tokens and their roles. */
import { pgEnum, pgTable, primaryKey, text, uniqueIndex, uuid, index } from 'drizzle-orm/pg-core';
import { time } from './columns';

export const roleName = pgEnum('role_name', ['admin', 'collaborator', 'viewer']);
export const roleScope = pgEnum('role_scope', ['fleet', 'silo', 'project']);

export const apiToken = pgTable(
  'api_token',
  {
    id: uuid().primaryKey(),
    /** The actor that the token speaks for. */
    actorId: uuid().notNull(),
    /** The actor's silo. */
    siloId: uuid().notNull(),
    description: text().notNull(),
    /** SHA-256 of the token, hex. The token itself is shown once and never stored. */
    hash: text().notNull(),
    timeCreated: time().notNull().defaultNow(),
    timeExpires: time(),
  },
  (t) => [uniqueIndex('lookup_api_token_by_hash').on(t.hash), index('api_token_by_actor').on(t.actorId, t.id)],
);

export const roleAssignment = pgTable(
  'role_assignment',
  {
    actorId: uuid().notNull(),
    scope: roleScope().notNull(),
    /** The silo or project; the nil UUID for the fleet. */
    resourceId: uuid().notNull(),
    role: roleName().notNull(),
    timeCreated: time().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.actorId, t.scope, t.resourceId, t.role] })],
);
