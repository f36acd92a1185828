/** Groups as an operator scans them; one of them in full is its status. */
import { z } from 'zod';
import { listGroupsWithFigures, type GroupListRow } from '../../../db/group-list';
import type { ApiDeps } from '../../deps';
import { filtersOf } from '../../filters';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import { Ip } from '../../schemas/addresses';
import type { Server } from '../../server';
import { errors, Name, ok, Timestamp, Uuid } from '../../wire';

const GroupState = z.enum(['creating', 'active', 'deleting']);

export const MemberCounts = z
  .object({ joining: z.int(), joined: z.int(), left: z.int(), removed: z.int() })
  .meta({ id: 'MemberCounts', description: 'removed: not yet confirmed by every switch.' });

const GroupSummary = z
  .object({
    id: Uuid,
    name: Name,
    multicast_ip: Ip,
    project_id: Uuid,
    ip_pool_id: Uuid,
    state: GroupState,
    members: MemberCounts,
    requested: z.int().meta({ description: 'Number of the newest request to converge.' }),
    served: z.int().meta({ description: 'Number of the newest request that a round has served.' }),
    round: z.int().meta({ description: 'Rounds so far.' }),
    writes: z.int().meta({ description: 'Writes that they took, on all switches that are in the rack.' }),
    outcome: z.string().nullable().meta({ description: 'Of the newest round.' }),
    reason: z.string().nullable(),
    failures: z.int().meta({ description: 'Rounds failed in a row.' }),
    degraded: z.array(z.string()).meta({ description: 'Switches that lack the newest configuration.' }),
    drift: z.int().meta({ description: 'Differences found and not yet repaired.' }),
    time_converged: Timestamp.nullable(),
    time_retry: Timestamp.nullable(),
  })
  .meta({ id: 'GroupSummary' });

const filters = {
  state: GroupState.optional(),
  project: Uuid.optional(),
  pool: Uuid.optional(),
  name: Name.optional(),
  ip: Ip.optional(),
};
const Filters = z.object(filters);
const listing = defineListing({
  name: 'group_list',
  sorts: { id_ascending: 'id' },
  filters: ['state', 'project', 'pool', 'name', 'ip'],
});

const view = ({ joining, joined, left, removed, ...row }: GroupListRow): z.output<typeof GroupSummary> => ({
  ...row,
  members: { joining, joined, left, removed },
});

export function groupListRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/groups',
    schema: {
      operationId: 'group_list',
      summary: 'List groups with their figures',
      tags: ['status'],
      querystring: z.object({ ...pageParams, ...filters }),
      response: { 200: ok(ResultsPage(GroupSummary, 'GroupSummaryResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      const rows = await listGroupsWithFigures(db, page, filtersOf(Filters, page));
      return listing.results(rows.map(view), page, (group) => group.id);
    },
  });
}
