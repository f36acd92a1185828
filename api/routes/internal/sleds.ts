/** Sleds, as Nexus registers them: the switch port that each is wired to, and its agent. */
import { z } from 'zod';
import { deleteSled, listSleds, putSled, readSled, type SledRow } from '../../../db/sleds';
import { LIMITS } from '../../../domain/limits';
import { wakeGroups, type ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, noContent, ok, Timestamp, Uuid } from '../../wire';
import { DaemonAddress } from './daemon-address';

const tags = ['registry'];
const params = z.object({ sled: Uuid });

const Cubby = z
  .int()
  .min(0)
  .max(LIMITS.rearPorts - 1);
const Port = z
  .string()
  .regex(/^rear([0-9]|[12][0-9]|3[01])$/, 'expected rear0 to rear31')
  .meta({ description: 'The rear port of every switch that faces the sled.' });

const SledPut = z
  .object({
    port: Port.nullish(),
    cubby: Cubby.nullish().meta({ description: 'Cubby N faces port rearN; may be given instead of the port.' }),
    agent_address: DaemonAddress,
    agent_api_version: z.int().min(1).max(99).nullish().meta({ description: 'Absent: what the agent itself says.' }),
  })
  .refine(({ port, cubby }) => (port ?? null) !== null || (cubby ?? null) !== null, {
    path: ['port'],
    message: 'either a port or a cubby is needed',
  })
  .refine(({ port, cubby }) => (port ?? null) === null || (cubby ?? null) === null || port === `rear${cubby}`, {
    path: ['cubby'],
    message: 'port and cubby contradict each other',
  })
  .meta({ id: 'SledPut' });

const Sled = z
  .object({
    id: Uuid,
    port: Port,
    cubby: Cubby,
    agent_address: z.string(),
    agent_api_version: z.int().nullable(),
    time_created: Timestamp,
    time_modified: Timestamp,
  })
  .meta({ id: 'Sled' });

const listing = defineListing({ name: 'sled_list', sorts: { id_ascending: 'id' } });

const view = (row: SledRow) => ({
  id: row.id,
  port: `rear${row.rearPort}`,
  cubby: row.rearPort,
  agent_address: row.agentAddress,
  agent_api_version: row.agentApiVersion,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
});

export function sledRoutes(server: Server, deps: ApiDeps): void {
  const { db } = deps;
  const read = async (id: string) => {
    const row = await readSled(db, id);
    if (row === null) throw notFound('sled', { id });
    return view(row);
  };

  server.route({
    method: 'PUT',
    url: '/sleds/:sled',
    schema: {
      operationId: 'sled_put',
      summary: 'Register a sled',
      description: 'A sled that moves to another port takes all its members with it, in every group.',
      tags,
      params,
      body: SledPut,
      response: { 200: ok(Sled), 201: ok(Sled, 'created'), ...errors },
    },
    handler: async (request, reply) => {
      const { port, cubby, agent_address: agentAddress, agent_api_version: version } = request.body;
      const id = request.params.sled;
      const rearPort = cubby ?? Number(port?.slice('rear'.length));
      const { put, requests } = await putSled(db, { id, rearPort, agentAddress, agentApiVersion: version ?? null });
      wakeGroups(deps, requests);
      return reply.code(put === 'created' ? 201 : 200).send(await read(id));
    },
  });

  server.route({
    method: 'GET',
    url: '/sleds/:sled',
    schema: { operationId: 'sled_view', summary: 'Fetch a sled', tags, params, response: { 200: ok(Sled), ...errors } },
    handler: (request) => read(request.params.sled),
  });

  server.route({
    method: 'GET',
    url: '/sleds',
    schema: {
      operationId: 'sled_list',
      summary: 'List sleds',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Sled, 'SledResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      return listing.results((await listSleds(db, page)).map(view), page, (sled) => sled.id);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/sleds/:sled',
    schema: {
      operationId: 'sled_delete',
      summary: 'Remove a sled that no instance needs',
      tags,
      params,
      response: { 204: noContent('removed'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.sled;
      if (!(await deleteSled(db, id))) throw notFound('sled', { id });
      return reply.code(204).send();
    },
  });
}
