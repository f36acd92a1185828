/** Tokens and roles, for whoever administers them. */
import { z } from 'zod';
import {
  createToken,
  grantRole,
  listTokens,
  revokeRole,
  revokeToken,
  type RoleGrant,
  type TokenRow,
} from '../../../db/access';
import { readProject, readSilo } from '../../../db/registry';
import type { ApiDeps } from '../../deps';
import { invalidRequest, notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, noContent, ok, shownAs, Timestamp, Uuid } from '../../wire';

const tags = ['access'];

const TokenCreate = z
  .object({
    silo_id: Uuid.meta({ description: "The actor's silo." }),
    actor_id: Uuid.nullish().meta({ description: 'Absent: a new actor.' }),
    description: z
      .string()
      .max(512)
      .refine((text) => !text.includes('\0'), 'must not contain U+0000')
      .default(''),
    expires: z.iso
      .datetime({ offset: true })
      .nullish()
      .meta({ override: shownAs({ type: 'string', format: 'date-time', nullable: true }) }),
  })
  .meta({ id: 'TokenCreate' });

const tokenFields = {
  id: Uuid,
  actor_id: Uuid,
  silo_id: Uuid,
  description: z.string(),
  time_created: Timestamp,
  time_expires: Timestamp.nullable(),
};
const Token = z.object(tokenFields).meta({ id: 'Token' });
const NewToken = z
  .object({ ...tokenFields, token: z.string().meta({ description: 'Shown this once, and stored only as a hash.' }) })
  .meta({ id: 'NewToken' });

const Role = z
  .object({
    scope: z.enum(['fleet', 'silo', 'project']),
    resource_id: Uuid.nullish().meta({ description: 'The silo or project; absent for the fleet.' }),
    role: z.enum(['admin', 'collaborator', 'viewer']),
  })
  .refine(({ scope, resource_id: id }) => (scope === 'fleet') === ((id ?? null) === null), {
    path: ['resource_id'],
    message: 'needed for a silo or a project, and for these only',
  })
  .meta({ id: 'Role' });

const listing = defineListing({ name: 'token_list', sorts: { id_ascending: 'id' } });

const view = (row: TokenRow) => ({
  id: row.id,
  actor_id: row.actorId,
  silo_id: row.siloId,
  description: row.description,
  time_created: row.timeCreated,
  time_expires: row.timeExpires,
});

const grantOf = (role: z.output<typeof Role>): RoleGrant => ({
  scope: role.scope,
  resourceId: role.resource_id ?? null,
  role: role.role,
});

export function accessRoutes(server: Server, deps: ApiDeps): void {
  tokenRoutes(server, deps);
  roleRoutes(server, deps);
}

function tokenRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'POST',
    url: '/tokens',
    schema: {
      operationId: 'token_create',
      summary: 'Create an API token',
      tags,
      body: TokenCreate,
      response: { 201: ok(NewToken, 'created'), ...errors },
    },
    handler: async (request, reply) => {
      const { silo_id: siloId, actor_id: actorId, description, expires } = request.body;
      if ((await readSilo(db, siloId)) === null) throw invalidRequest(`silo_id: no silo with id "${siloId}"`);
      const { token, row } = await createToken(db, {
        siloId,
        actorId: actorId ?? undefined,
        description,
        expires: expires === undefined || expires === null ? undefined : new Date(expires),
      });
      return reply.code(201).send({ ...view(row), token });
    },
  });

  server.route({
    method: 'GET',
    url: '/tokens',
    schema: {
      operationId: 'token_list',
      summary: 'List API tokens',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Token, 'TokenResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      const rows = await listTokens(db, page.limit, page.after);
      return listing.results(rows.map(view), page, (token) => token.id);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/tokens/:token',
    schema: {
      operationId: 'token_delete',
      summary: 'Revoke an API token',
      tags,
      params: z.object({ token: Uuid }),
      response: { 204: noContent('revoked'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.token;
      if (!(await revokeToken(db, id))) throw notFound('api-token', { id });
      return reply.code(204).send();
    },
  });
}

function roleRoutes(server: Server, { db }: ApiDeps): void {
  const params = z.object({ actor: Uuid });

  server.route({
    method: 'PUT',
    url: '/actors/:actor/roles',
    schema: {
      operationId: 'role_grant',
      summary: 'Grant a role',
      tags,
      params,
      body: Role,
      response: { 200: ok(Role), 201: ok(Role, 'granted'), ...errors },
    },
    handler: async (request, reply) => {
      const grant = grantOf(request.body);
      await requireResource(grant);
      const added = await grantRole(db, request.params.actor, grant);
      return reply.code(added ? 201 : 200).send(request.body);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/actors/:actor/roles',
    schema: {
      operationId: 'role_revoke',
      summary: 'Revoke a role',
      tags,
      params,
      body: Role,
      response: { 204: noContent('revoked'), ...errors },
    },
    handler: async (request, reply) => {
      const { actor } = request.params;
      if (!(await revokeRole(db, actor, grantOf(request.body)))) throw notFound('role-assignment', { id: actor });
      return reply.code(204).send();
    },
  });

  async function requireResource({ scope, resourceId }: RoleGrant): Promise<void> {
    if (scope === 'fleet' || resourceId === null) return;
    const found = scope === 'silo' ? await readSilo(db, resourceId) : await readProject(db, resourceId);
    if (found === null) throw invalidRequest(`resource_id: no ${scope} with id "${resourceId}"`);
  }
}
