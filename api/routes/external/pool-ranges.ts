/** Address ranges of IP pools. */
import { z } from 'zod';
import { addRange, listRanges, removeRange } from '../../../db/ranges';
import { actorOf } from '../../auth';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams } from '../../pagination';
import { addressIn, IpRange } from '../../schemas/addresses';
import { IpPoolRange, IpPoolRangeResultsPage, viewRange } from '../../schemas/pools';
import { selectPool } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, noContent, ok } from '../../wire';

const listing = defineListing({ name: 'ip_pool_range_list', sorts: { ascending: 'address' } });

const path = z.object({ pool: NameOrId });
const tags = ['system/ip-pools'];

const rangeIn = ({ first, last }: z.output<typeof IpRange>) => ({ first: addressIn(first), last: addressIn(last) });

export function registerPoolRanges(server: Server, { db }: ApiDeps): void {
  server.get(
    '/v1/system/ip-pools/:pool/ranges',
    {
      schema: {
        operationId: 'ip_pool_range_list',
        'x-dropshot-pagination': { required: [] },
        summary: 'List the ranges of an IP pool',
        description: 'In order of their first addresses.',
        tags,
        params: path,
        querystring: z.object(pageParams),
        response: { 200: ok(IpPoolRangeResultsPage), ...errors },
      },
    },
    async (request) => {
      const pool = await selectPool({ db, actor: actorOf(request) }, 'list_children', request.params.pool);
      const page = listing.page(request.query);
      return listing.results((await listRanges(db, pool.id, page)).map(viewRange), page, ({ range }) => range.first);
    },
  );

  server.post(
    '/v1/system/ip-pools/:pool/ranges/add',
    {
      schema: {
        operationId: 'ip_pool_range_add',
        summary: 'Add a range to an IP pool',
        description: 'No two ranges of any pools may overlap.',
        tags,
        params: path,
        body: IpRange,
        response: { 201: ok(IpPoolRange, 'successful creation'), ...errors },
      },
    },
    async (request, reply) => {
      const pool = await selectPool({ db, actor: actorOf(request) }, 'modify', request.params.pool);
      const added = await db.transaction((tx) => addRange(tx, pool.id, rangeIn(request.body)));
      if (added === null) throw notFound('ip-pool', { id: pool.id });
      return reply.code(201).send(viewRange(added));
    },
  );

  server.post(
    '/v1/system/ip-pools/:pool/ranges/remove',
    {
      schema: {
        operationId: 'ip_pool_range_remove',
        summary: 'Remove a range from an IP pool',
        description: 'The range must match exactly, and no group may have an address of it.',
        tags,
        params: path,
        body: IpRange,
        response: { 204: noContent('successful removal'), ...errors },
      },
    },
    async (request, reply) => {
      const pool = await selectPool({ db, actor: actorOf(request) }, 'modify', request.params.pool);
      const removed = await db.transaction((tx) => removeRange(tx, pool.id, rangeIn(request.body)));
      if (!removed) throw notFound('ip-pool', { id: pool.id });
      return reply.code(204).send();
    },
  );
}
