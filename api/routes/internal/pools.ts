/** Pools with their statistics, for operators. Counts of addresses are decimal texts: an IPv6 range exceeds what a number holds. */
import { z } from 'zod';
import { listPoolStatistics, type PoolStatistics } from '../../../db/pool-statistics';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { filtersOf } from '../../filters';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import { Ip } from '../../schemas/addresses';
import type { Server } from '../../server';
import { MemberCounts } from './group-list';
import { errors, Name, ok, Timestamp, Uuid } from '../../wire';

const tags = ['status'];
const Count = z.string().meta({ description: 'A decimal number.', pattern: '^\\d+$' });

const Pool = z
  .object({
    id: Uuid,
    name: Name,
    description: z.string(),
    ip_version: z.enum(['v4', 'v6']),
    pool_type: z.enum(['unicast', 'multicast']),
    mvlan: z.int().nullable(),
    switch_port_uplinks: z.array(z.string()),
    ranges: z.array(z.object({ first: Ip, last: Ip }).meta({ id: 'PoolRange' })),
    addresses: z.object({ total: Count, used: Count, free: Count }).meta({ id: 'PoolAddresses' }),
    groups: z.object({ creating: z.int(), active: z.int(), deleting: z.int() }).meta({ id: 'GroupCounts' }),
    members: MemberCounts,
    rounds: z.int().meta({ description: 'Of all its groups so far.' }),
    writes: z.int().meta({ description: 'That these rounds took, on all switches that are in the rack.' }),
    degraded: z.int().meta({ description: 'Groups that a switch out of service lacks.' }),
    time_converged: Timestamp.nullable().meta({ description: 'When one of its groups last converged.' }),
  })
  .meta({ id: 'Pool' });

const filters = { name: Name.optional() };
const Filters = z.object(filters);
const listing = defineListing({ name: 'pool_list', sorts: { id_ascending: 'id' }, filters: ['name'] });

const view = ({ pool, ranges, total, used, timeConverged, ...figures }: PoolStatistics): z.output<typeof Pool> => ({
  id: pool.id,
  name: pool.name,
  description: pool.description,
  ip_version: pool.ipVersion,
  pool_type: pool.poolType,
  mvlan: pool.mvlan,
  switch_port_uplinks: pool.switchPortUplinks ?? [],
  ranges,
  addresses: { total: String(total), used: String(used), free: String(total - BigInt(used)) },
  ...figures,
  time_converged: timeConverged,
});

export function poolRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/pools',
    schema: {
      operationId: 'pool_list',
      summary: 'List pools with their statistics',
      tags,
      querystring: z.object({ ...pageParams, ...filters }),
      response: { 200: ok(ResultsPage(Pool, 'PoolResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      const pools = await listPoolStatistics(db, page, filtersOf(Filters, page));
      return listing.results(pools.map(view), page, (pool) => pool.id);
    },
  });

  server.route({
    method: 'GET',
    url: '/pools/:pool',
    schema: {
      operationId: 'pool_view',
      summary: 'Fetch a pool with its statistics',
      tags,
      params: z.object({ pool: Uuid }),
      response: { 200: ok(Pool), ...errors },
    },
    handler: async (request) => {
      const id = request.params.pool;
      const [found] = await listPoolStatistics(db, { limit: 1, after: null }, { id });
      if (found === undefined) throw notFound('ip-pool', { id });
      return view(found);
    },
  });
}
