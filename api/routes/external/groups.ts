/** Multicast groups of a project: list, create, view, update, delete. */
import { z } from 'zod';
import { createGroup } from '../../../db/allocate-group';
import { deleteGroup, listGroups, notActive, type GroupRow } from '../../../db/groups';
import { sortAddresses, sourcesForAddressFault } from '../../../domain/addresses';
import { findGroup } from '../../../db/lookup';
import { wakeGroups } from '../../deps';
import { updateGroup } from '../../group-update';
import { invalidRequest, notFound } from '../../errors';
import { defineListing, NameOrIdSortMode, pageParams } from '../../pagination';
import { choosePool, chooseVpc } from '../../placement';
import { seekerOf, sendJson, sendPage, type ReadingDeps } from '../../reading';
import { addressIn } from '../../schemas/addresses';
import {
  MulticastGroup,
  MulticastGroupCreate,
  MulticastGroupResultsPage,
  MulticastGroupUpdate,
  viewGroup,
} from '../../schemas/groups';
import { requireSelector, selectGroup, selectProject } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, noContent, ok } from '../../wire';

const listing = defineListing({
  name: 'multicast_group_list',
  sorts: { name_ascending: 'name', name_descending: 'name', id_ascending: 'id' },
  filters: ['project'],
});

const path = z.object({ multicast_group: NameOrId });
const optionalProject = z.object({ project: NameOrId.optional() });
const tags = ['experimental'];

export function registerGroups(server: Server, deps: ReadingDeps): void {
  listAndCreate(server, deps);
  viewAndDelete(server, deps);
  update(server, deps);
}

function listAndCreate(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.get(
    '/v1/multicast-groups',
    {
      schema: {
        operationId: 'multicast_group_list',
        'x-dropshot-pagination': { required: ['project'] },
        summary: 'List all multicast groups of a project',
        tags,
        querystring: z.object({ ...pageParams, project: NameOrId.optional(), sort_by: NameOrIdSortMode.optional() }),
        response: { 200: ok(MulticastGroupResultsPage), ...errors },
      },
    },
    async (request, reply) => {
      const page = listing.page(request.query);
      const selector = requireSelector('project', page.filters.project);
      const { id } = await selectProject(seekerOf(deps, request), 'list_children', selector);
      return sendPage(deps, reply, { listing, page, of: id }, (known) => listGroups(db, id, page, known));
    },
  );

  server.post(
    '/v1/multicast-groups',
    {
      schema: {
        operationId: 'multicast_group_create',
        summary: 'Create a multicast group',
        tags,
        querystring: z.object({ project: NameOrId }),
        body: MulticastGroupCreate,
        response: { 201: ok(MulticastGroup, 'successful creation'), ...errors },
      },
    },
    async (request, reply) => {
      const { name, description, multicast_ip, source_ips, pool, vpc } = request.body;
      const project = await selectProject(seekerOf(deps, request), 'create_child', request.query.project);
      const address = typeof multicast_ip === 'string' ? addressIn(multicast_ip) : null;
      const sources = sortAddresses((source_ips ?? []).map(addressIn));
      const fault = address === null ? null : sourcesForAddressFault(address, sources);
      if (fault !== null) throw invalidRequest(`source_ips: ${fault}`);
      const family = address?.family ?? sources[0]?.family ?? null;
      const poolId = await choosePool(db, project.siloId, pool ?? null, family);
      const vpcId = await chooseVpc(db, project.id, vpc ?? null);
      const { view, requests } = await db.transaction((tx) =>
        createGroup(tx, { name, description, project, address, sources, poolId, vpcId }),
      );
      wakeGroups(deps, requests);
      return sendJson(reply.code(201), view);
    },
  );
}

function viewAndDelete(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.get(
    '/v1/multicast-groups/:multicast_group',
    {
      schema: {
        operationId: 'multicast_group_view',
        summary: 'Fetch a multicast group',
        tags,
        params: path,
        querystring: optionalProject,
        response: { 200: ok(MulticastGroup), ...errors },
      },
    },
    async (request, reply) => {
      const seeker = seekerOf(deps, request);
      const group = await selectGroup(seeker, 'read', request.params.multicast_group, request.query.project);
      return sendJson(reply, group.view);
    },
  );

  server.delete(
    '/v1/multicast-groups/:multicast_group',
    {
      schema: {
        operationId: 'multicast_group_delete',
        summary: 'Delete a multicast group',
        description: 'Its members end with it. Name and address stay taken until every switch has confirmed.',
        tags,
        params: path,
        querystring: optionalProject,
        response: { 204: noContent('successful deletion'), ...errors },
      },
    },
    async (request, reply) => {
      const seeker = seekerOf(deps, request);
      const group = await selectGroup(seeker, 'delete', request.params.multicast_group, request.query.project);
      wakeGroups(deps, await db.transaction((tx) => deleteGroup(tx, group.id)));
      return reply.code(204).send();
    },
  );
}

function update(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.put(
    '/v1/multicast-groups/:multicast_group',
    {
      schema: {
        operationId: 'multicast_group_update',
        summary: 'Update a multicast group',
        tags,
        params: path,
        querystring: optionalProject,
        body: MulticastGroupUpdate,
        response: { 200: ok(MulticastGroup), ...errors },
      },
    },
    async (request) => {
      const seeker = seekerOf(deps, request);
      const { id } = await selectGroup(seeker, 'modify', request.params.multicast_group, request.query.project);
      const group = (await findGroup(db, { id }))?.group;
      if (group === undefined) throw notFound('multicast-group', { id });
      const { name, description, source_ips } = request.body;
      const change = {
        ...(typeof name === 'string' ? { name } : {}),
        ...(typeof description === 'string' ? { description } : {}),
      };
      if (group.state !== 'active') throw notActive(group);
      const sources = newSources(group, source_ips ?? null);
      return viewGroup(await updateGroup(deps, group, { ...change, sources }));
    },
  );
}

/** The sources asked for, if they differ from what the group has; a list in another order is the same list. */
function newSources(group: GroupRow, texts: string[] | null) {
  if (texts === null) return null;
  const sources = sortAddresses(texts.map(addressIn));
  const fault = sourcesForAddressFault(addressIn(group.multicastIp), sources);
  if (fault !== null) throw invalidRequest(`source_ips: ${fault}`);
  const same = sources.map((source) => source.text).join() === group.sourceIps.join();
  return same ? null : sources;
}
