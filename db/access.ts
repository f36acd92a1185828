/**
 * Tokens and roles. A token is random, shown once and stored only as its hash, so a copy of the database opens nothing; an
 * actor exists through its tokens and roles.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Queryable } from './client';
import { each, texts } from './lists';
import { apiToken, roleAssignment } from './schema';

export type RoleName = 'admin' | 'collaborator' | 'viewer';
export type RoleScope = 'fleet' | 'silo' | 'project';

export interface RoleGrant {
  scope: RoleScope;
  /** The silo or project; null for the fleet. */
  resourceId: string | null;
  role: RoleName;
}

export interface TokenOwner {
  tokenId: string;
  actorId: string;
  siloId: string;
  roles: RoleGrant[];
}

/** The fleet has no id of its own; its roles are stored under this one. */
const FLEET = '00000000-0000-0000-0000-000000000000';

/** Tokens have 256 random bits: a fast hash is enough. */
export const hashToken = (token: string) => createHash('sha256').update(token).digest('hex');

/** Whose tokens these are, with all roles, in one round trip; by hash, without those that do not exist or have expired. */
export async function findTokens(db: Queryable, hashes: string[]): Promise<Map<string, TokenOwner>> {
  const rows = await db.execute<{
    hash: string;
    id: string;
    actor_id: string;
    silo_id: string;
    roles: string | null;
  }>(sql`
    select t.hash, t.id, t.actor_id, t.silo_id,
      (select string_agg(concat_ws(' ', r.scope, r.resource_id, r.role), ',')
        from role_assignment r where r.actor_id = t.actor_id) as roles
    from ${each(texts(hashes))} w(hash) join api_token t on t.hash = w.hash
    where t.time_expires is null or t.time_expires > now()`);
  return new Map(
    [...rows].map(({ hash, id, actor_id: actorId, silo_id: siloId, roles }) => [
      hash,
      { tokenId: id, actorId, siloId, roles: roles === null ? [] : roles.split(',').map(grantIn) },
    ]),
  );
}

/** `scope resource role`, as the statement above writes it. */
function grantIn(text: string): RoleGrant {
  const [scope, resourceId, role] = text.split(' ') as [RoleScope, string, RoleName];
  return { scope, resourceId: scope === 'fleet' ? null : resourceId, role };
}

export async function findToken(db: Queryable, hash: string): Promise<TokenOwner | null> {
  return (await findTokens(db, [hash])).get(hash) ?? null;
}

export interface NewToken {
  siloId: string;
  actorId?: string | undefined;
  description: string;
  expires?: Date | undefined;
}

export type TokenRow = Omit<typeof apiToken.$inferSelect, 'hash'>;

/** The answer is the only place where the token itself ever appears. */
export async function createToken(db: Queryable, wanted: NewToken): Promise<{ token: string; row: TokenRow }> {
  const token = `rackcast_${randomBytes(32).toString('base64url')}`;
  const [row] = await db
    .insert(apiToken)
    .values({
      id: randomUUID(),
      actorId: wanted.actorId ?? randomUUID(),
      siloId: wanted.siloId,
      description: wanted.description,
      hash: hashToken(token),
      timeExpires: wanted.expires ?? null,
    })
    .returning(shown);
  if (row === undefined) throw new Error('insert returned no row');
  return { token, row };
}

/** Tokens in id order, after the one given. */
export async function listTokens(db: Queryable, limit: number, after: string | null): Promise<TokenRow[]> {
  return db
    .select(shown)
    .from(apiToken)
    .where(after === null ? undefined : gt(apiToken.id, after))
    .orderBy(asc(apiToken.id))
    .limit(limit);
}

export async function revokeToken(db: Queryable, id: string): Promise<boolean> {
  const gone = await db.delete(apiToken).where(eq(apiToken.id, id)).returning({ id: apiToken.id });
  return gone.length > 0;
}

/** True if the actor did not have the role before. */
export async function grantRole(db: Queryable, actorId: string, grant: RoleGrant): Promise<boolean> {
  const added = await db
    .insert(roleAssignment)
    .values({ actorId, scope: grant.scope, resourceId: grant.resourceId ?? FLEET, role: grant.role })
    .onConflictDoNothing()
    .returning({ actorId: roleAssignment.actorId });
  return added.length > 0;
}

export async function revokeRole(db: Queryable, actorId: string, grant: RoleGrant): Promise<boolean> {
  const gone = await db
    .delete(roleAssignment)
    .where(
      and(
        eq(roleAssignment.actorId, actorId),
        eq(roleAssignment.scope, grant.scope),
        eq(roleAssignment.resourceId, grant.resourceId ?? FLEET),
        eq(roleAssignment.role, grant.role),
      ),
    )
    .returning({ actorId: roleAssignment.actorId });
  return gone.length > 0;
}

const shown = {
  id: apiToken.id,
  actorId: apiToken.actorId,
  siloId: apiToken.siloId,
  description: apiToken.description,
  timeCreated: apiToken.timeCreated,
  timeExpires: apiToken.timeExpires,
};
