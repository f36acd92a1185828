/** Silos, as Nexus registers them. */
import { z } from 'zod';
import { deleteSilo, listSilos, putSilo, readSilo } from '../../../db/registry';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, Name, noContent, ok, Timestamp, Uuid } from '../../wire';

const tags = ['registry'];
const params = z.object({ silo: Uuid });

const SiloPut = z.object({ name: Name }).meta({ id: 'SiloPut' });
const Silo = z.object({ id: Uuid, name: Name, time_created: Timestamp, time_modified: Timestamp }).meta({ id: 'Silo' });
const listing = defineListing({ name: 'silo_list', sorts: { id_ascending: 'id' } });

type Row = NonNullable<Awaited<ReturnType<typeof readSilo>>>;
const view = (row: Row) => ({
  id: row.id,
  name: row.name,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
});

export function siloRoutes(server: Server, { db }: ApiDeps): void {
  const read = async (id: string) => {
    const row = await readSilo(db, id);
    if (row === null) throw notFound('silo', { id });
    return view(row);
  };

  server.route({
    method: 'PUT',
    url: '/silos/:silo',
    schema: {
      operationId: 'silo_put',
      summary: 'Register a silo',
      tags,
      params,
      body: SiloPut,
      response: { 200: ok(Silo), 201: ok(Silo, 'created'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.silo;
      const put = await putSilo(db, { id, name: request.body.name });
      return reply.code(put === 'created' ? 201 : 200).send(await read(id));
    },
  });

  server.route({
    method: 'GET',
    url: '/silos/:silo',
    schema: { operationId: 'silo_view', summary: 'Fetch a silo', tags, params, response: { 200: ok(Silo), ...errors } },
    handler: (request) => read(request.params.silo),
  });

  server.route({
    method: 'GET',
    url: '/silos',
    schema: {
      operationId: 'silo_list',
      summary: 'List silos',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Silo, 'SiloResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      return listing.results((await listSilos(db, page)).map(view), page, (silo) => silo.id);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/silos/:silo',
    schema: {
      operationId: 'silo_delete',
      summary: 'Remove a silo without projects',
      tags,
      params,
      response: { 204: noContent('removed'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.silo;
      if (!(await deleteSilo(db, id))) throw notFound('silo', { id });
      return reply.code(204).send();
    },
  });
}
