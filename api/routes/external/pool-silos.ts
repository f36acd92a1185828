/** Links of IP pools to silos, for the fleet's operators. */
import { z } from 'zod';
import { linkPool, listLinks, setDefault, unlinkPool } from '../../../db/pool-links';
import { actorOf } from '../../auth';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, IdSortMode, pageParams } from '../../pagination';
import {
  IpPoolLinkSilo,
  IpPoolSiloLink,
  IpPoolSiloLinkResultsPage,
  IpPoolSiloUpdate,
  viewLink,
} from '../../schemas/pools';
import { byNameOrId, findSiloBy, selectPool } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, noContent, ok } from '../../wire';

const listing = defineListing({ name: 'ip_pool_silo_list', sorts: { id_ascending: 'id' } });

const poolPath = z.object({ pool: NameOrId });
const linkPath = z.object({ pool: NameOrId, silo: NameOrId });
const tags = ['system/ip-pools'];

export function registerPoolSilos(server: Server, deps: ApiDeps): void {
  listAndLink(server, deps);
  updateAndUnlink(server, deps);
}

function listAndLink(server: Server, { db }: ApiDeps): void {
  server.get(
    '/v1/system/ip-pools/:pool/silos',
    {
      schema: {
        operationId: 'ip_pool_silo_list',
        'x-dropshot-pagination': { required: [] },
        summary: 'List the silos linked to an IP pool',
        tags,
        params: poolPath,
        querystring: z.object({ ...pageParams, sort_by: IdSortMode.optional() }),
        response: { 200: ok(IpPoolSiloLinkResultsPage), ...errors },
      },
    },
    async (request) => {
      const pool = await selectPool({ db, actor: actorOf(request) }, 'list_children', request.params.pool);
      const page = listing.page(request.query);
      return listing.results((await listLinks(db, pool.id, page)).map(viewLink), page, (link) => link.silo_id);
    },
  );

  server.post(
    '/v1/system/ip-pools/:pool/silos',
    {
      schema: {
        operationId: 'ip_pool_silo_link',
        summary: 'Link an IP pool to a silo',
        tags,
        params: poolPath,
        body: IpPoolLinkSilo,
        response: { 201: ok(IpPoolSiloLink, 'successful creation'), ...errors },
      },
    },
    async (request, reply) => {
      const seeker = { db, actor: actorOf(request) };
      const pool = await selectPool(seeker, 'modify', request.params.pool);
      const silo = await findSiloBy(seeker, request.body.silo);
      const link = await db.transaction((tx) => linkPool(tx, pool.id, silo, request.body.is_default));
      if (link === null) throw notFound('ip-pool', { id: pool.id });
      return reply.code(201).send(viewLink(link));
    },
  );
}

function updateAndUnlink(server: Server, { db }: ApiDeps): void {
  server.put(
    '/v1/system/ip-pools/:pool/silos/:silo',
    {
      schema: {
        operationId: 'ip_pool_silo_update',
        summary: 'Make an IP pool the default of a silo, or no longer',
        tags,
        params: linkPath,
        body: IpPoolSiloUpdate,
        response: { 200: ok(IpPoolSiloLink), ...errors },
      },
    },
    async (request) => {
      const seeker = { db, actor: actorOf(request) };
      const pool = await selectPool(seeker, 'modify', request.params.pool);
      const silo = await findSiloBy(seeker, request.params.silo);
      const link = await db.transaction((tx) => setDefault(tx, pool.id, silo.id, request.body.is_default));
      if (link === null) throw notFound('ip-pool-resource', byNameOrId(request.params.silo));
      return viewLink(link);
    },
  );

  server.delete(
    '/v1/system/ip-pools/:pool/silos/:silo',
    {
      schema: {
        operationId: 'ip_pool_silo_unlink',
        summary: 'Unlink an IP pool from a silo',
        description: 'Refused while groups of the silo have addresses of the pool.',
        tags,
        params: linkPath,
        response: { 204: noContent('successful deletion'), ...errors },
      },
    },
    async (request, reply) => {
      const seeker = { db, actor: actorOf(request) };
      const pool = await selectPool(seeker, 'modify', request.params.pool);
      const silo = await findSiloBy(seeker, request.params.silo);
      const gone = await db.transaction((tx) => unlinkPool(tx, pool.id, silo.id));
      if (!gone) throw notFound('ip-pool-resource', byNameOrId(request.params.silo));
      return reply.code(204).send();
    },
  );
}
