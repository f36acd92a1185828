/** IP pools as silos see them: every user of a silo may use the pools linked to it, and so may list them. */
import { z } from 'zod';
import { findLinkedPool, listLinkedPools } from '../../../db/pool-links';
import { actorOf } from '../../auth';
import { notFound } from '../../errors';
import { defineListing, NameOrIdSortMode, pageParams } from '../../pagination';
import { requireReadSilo } from '../../policy';
import { sendPage, type ReadingDeps } from '../../reading';
import { SiloIpPool, SiloIpPoolResultsPage, viewSiloPool } from '../../schemas/pools';
import { byNameOrId, findSiloBy } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, ok } from '../../wire';

const sorts = { name_ascending: 'name', name_descending: 'name', id_ascending: 'id' } as const;
const ownListing = defineListing({ name: 'project_ip_pool_list', sorts });
const siloListing = defineListing({ name: 'silo_ip_pool_list', sorts });
const pageQuery = z.object({ ...pageParams, sort_by: NameOrIdSortMode.optional() });

export function registerSiloPools(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.get(
    '/v1/ip-pools',
    {
      schema: {
        operationId: 'project_ip_pool_list',
        'x-dropshot-pagination': { required: [] },
        summary: "List the IP pools of the caller's silo",
        tags: ['projects'],
        querystring: pageQuery,
        response: { 200: ok(SiloIpPoolResultsPage), ...errors },
      },
    },
    async (request, reply) => {
      const page = ownListing.page(request.query);
      const { siloId } = actorOf(request);
      return sendPage(deps, reply, { listing: ownListing, page, of: siloId }, (known) =>
        listLinkedPools(db, siloId, page, known),
      );
    },
  );

  server.get(
    '/v1/ip-pools/:pool',
    {
      schema: {
        operationId: 'project_ip_pool_view',
        summary: "Fetch an IP pool of the caller's silo",
        tags: ['projects'],
        params: z.object({ pool: NameOrId }),
        response: { 200: ok(SiloIpPool), ...errors },
      },
    },
    async (request) => {
      const by = byNameOrId(request.params.pool);
      const pool = await findLinkedPool(db, actorOf(request).siloId, by);
      if (pool === null) throw notFound('ip-pool', by);
      return viewSiloPool(pool);
    },
  );

  server.get(
    '/v1/system/silos/:silo/ip-pools',
    {
      schema: {
        operationId: 'silo_ip_pool_list',
        'x-dropshot-pagination': { required: [] },
        summary: 'List the IP pools linked to a silo',
        tags: ['system/silos'],
        params: z.object({ silo: NameOrId }),
        querystring: pageQuery,
        response: { 200: ok(SiloIpPoolResultsPage), ...errors },
      },
    },
    async (request, reply) => {
      const silo = await findSiloBy(deps, request.params.silo);
      requireReadSilo(actorOf(request), silo.id, () => notFound('silo', byNameOrId(request.params.silo)));
      const page = siloListing.page(request.query);
      return sendPage(deps, reply, { listing: siloListing, page, of: silo.id }, (known) =>
        listLinkedPools(db, silo.id, page, known),
      );
    },
  );
}
