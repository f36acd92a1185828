/** Members of all groups, for operators. */
import { z } from 'zod';
import { listMembers } from '../../../db/member-list';
import type { ApiDeps } from '../../deps';
import { filtersOf } from '../../filters';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import { Ip } from '../../schemas/addresses';
import type { Server } from '../../server';
import { errors, ok, Timestamp, Uuid } from '../../wire';
import { GroupMember } from './groups';

const Member = z
  .object({
    ...GroupMember.shape,
    group_id: Uuid,
    group_name: z.string(),
    group_ip: Ip,
    time_modified: Timestamp,
  })
  .meta({ id: 'Member' });

const filters = {
  group: Uuid.optional(),
  instance: Uuid.optional(),
  sled: Uuid.optional(),
  state: z
    .enum(['joining', 'joined', 'left', 'removed'])
    .optional()
    .meta({ description: 'removed: not yet confirmed by every switch; left out unless asked for.' }),
};
const Filters = z.object(filters);
const listing = defineListing({
  name: 'member_list',
  sorts: { id_ascending: 'id' },
  filters: ['group', 'instance', 'sled', 'state'],
});

export function memberRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/members',
    schema: {
      operationId: 'member_list',
      summary: 'List members of all groups',
      tags: ['status'],
      querystring: z.object({ ...pageParams, ...filters }),
      response: { 200: ok(ResultsPage(Member, 'MemberResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      const rows = await listMembers(db, page, filtersOf(Filters, page));
      return listing.results(rows, page, (member) => member.id);
    },
  });
}
