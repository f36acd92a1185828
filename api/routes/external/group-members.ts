/** Members of a multicast group. */
import { z } from 'zod';
import { listGroupMembers } from '../../../db/members';
import { join, leave } from '../../membership';
import { defineListing, IdSortMode, pageParams } from '../../pagination';
import { MulticastGroupMember, MulticastGroupMemberAdd, MulticastGroupMemberResultsPage } from '../../schemas/groups';
import { seekerOf, sendPage, type ReadingDeps } from '../../reading';
import { selectGroup } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, noContent, ok } from '../../wire';

const listing = defineListing({ name: 'multicast_group_member_list', sorts: { id_ascending: 'id' } });

const groupPath = z.object({ multicast_group: NameOrId });
const memberPath = z.object({ multicast_group: NameOrId, instance: NameOrId });
const optionalProject = z.object({ project: NameOrId.optional() });
const tags = ['experimental'];

export function registerGroupMembers(server: Server, deps: ReadingDeps): void {
  server.get(
    '/v1/multicast-groups/:multicast_group/members',
    {
      schema: {
        operationId: 'multicast_group_member_list',
        'x-dropshot-pagination': { required: [] },
        summary: 'List members of a multicast group',
        tags,
        params: groupPath,
        querystring: z.object({ ...pageParams, project: NameOrId.optional(), sort_by: IdSortMode.optional() }),
        response: { 200: ok(MulticastGroupMemberResultsPage), ...errors },
      },
    },
    async (request, reply) => {
      const page = listing.page(request.query);
      const seeker = seekerOf(deps, request);
      const group = await selectGroup(seeker, 'read', request.params.multicast_group, request.query.project);
      return sendPage(deps, reply, { listing, page, of: group.id }, (known) =>
        listGroupMembers(deps.db, group.id, page, known),
      );
    },
  );

  server.post(
    '/v1/multicast-groups/:multicast_group/members',
    {
      schema: {
        operationId: 'multicast_group_member_add',
        summary: 'Add an instance to a multicast group',
        tags,
        params: groupPath,
        querystring: optionalProject,
        body: MulticastGroupMemberAdd,
        response: { 201: ok(MulticastGroupMember, 'successful creation'), ...errors },
      },
    },
    async (request, reply) => {
      const { params, query, body } = request;
      const named = { group: params.multicast_group, instance: body.instance, project: query.project };
      return reply.code(201).send(await join(deps, seekerOf(deps, request), named));
    },
  );

  server.delete(
    '/v1/multicast-groups/:multicast_group/members/:instance',
    {
      schema: {
        operationId: 'multicast_group_member_remove',
        summary: 'Remove an instance from a multicast group',
        tags,
        params: memberPath,
        querystring: optionalProject,
        response: { 204: noContent('successful deletion'), ...errors },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      await leave(deps, seekerOf(deps, request), {
        group: params.multicast_group,
        instance: params.instance,
        project: query.project,
      });
      return reply.code(204).send();
    },
  );
}
