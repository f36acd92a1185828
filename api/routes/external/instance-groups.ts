/** The multicast groups of an instance: the same memberships, seen from the other side. */
import { z } from 'zod';
import { listMemberships } from '../../../db/members';
import type { PageText } from '../../../db/page';
import { join, leave } from '../../membership';
import { MulticastGroupMember, MulticastGroupMemberResultsPage } from '../../schemas/groups';
import { seekerOf, sendPage, type ReadingDeps } from '../../reading';
import { selectInstance } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, noContent, ok } from '../../wire';

/** One page has all. */
const listing = {
  name: 'instance_multicast_group_list',
  text: ({ items }: PageText) => `{"items":${items},"next_page":null}`,
};

const instancePath = z.object({ instance: NameOrId });
const membershipPath = z.object({ instance: NameOrId, multicast_group: NameOrId });
const optionalProject = z.object({ project: NameOrId.optional() });
const tags = ['experimental'];

export function registerInstanceGroups(server: Server, deps: ReadingDeps): void {
  server.get(
    '/v1/instances/:instance/multicast-groups',
    {
      schema: {
        operationId: 'instance_multicast_group_list',
        summary: 'List multicast groups of an instance',
        tags,
        params: instancePath,
        querystring: optionalProject,
        response: { 200: ok(MulticastGroupMemberResultsPage), ...errors },
      },
    },
    async (request, reply) => {
      const seeker = seekerOf(deps, request);
      const instance = await selectInstance(seeker, 'read', request.params.instance, request.query.project);
      return sendPage(deps, reply, { listing, page: null, of: instance.id }, (known) =>
        listMemberships(deps.db, instance.id, known),
      );
    },
  );

  server.put(
    '/v1/instances/:instance/multicast-groups/:multicast_group',
    {
      schema: {
        operationId: 'instance_multicast_group_join',
        summary: 'Join a multicast group',
        tags,
        params: membershipPath,
        querystring: optionalProject,
        response: { 201: ok(MulticastGroupMember, 'successful creation'), ...errors },
      },
    },
    async (request, reply) => {
      const { params, query } = request;
      const named = { group: params.multicast_group, instance: params.instance, project: query.project };
      return reply.code(201).send(await join(deps, seekerOf(deps, request), named));
    },
  );

  server.delete(
    '/v1/instances/:instance/multicast-groups/:multicast_group',
    {
      schema: {
        operationId: 'instance_multicast_group_leave',
        summary: 'Leave a multicast group',
        tags,
        params: membershipPath,
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
