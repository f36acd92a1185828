/** IP pools, for the fleet's operators. What a change of uplinks or VLAN means for a pool's groups is asked of all of them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createPool, deletePool, groupsOfPool, listPools, lockPool, readPorts, updatePool } from '../../../db/pools';
import { requestGroups, type GroupRequest } from '../../../db/requests';
import { utilization } from '../../../db/ranges';
import type { Tx } from '../../../db/client';
import { actorOf } from '../../auth';
import { wakeGroups } from '../../deps';
import { notFound } from '../../errors';
import { checkedUplinks, requireMulticastFields } from '../../pool-fields';
import { defineListing, NameOrIdSortMode, pageParams } from '../../pagination';
import { requireInFleet } from '../../policy';
import { seekerOf, sendPage, type ReadingDeps } from '../../reading';
import {
  IpPool,
  IpPoolCreate,
  IpPoolResultsPage,
  IpPoolUpdate,
  IpPoolUtilization,
  viewPool,
} from '../../schemas/pools';
import { selectPool } from '../../selectors';
import type { Server } from '../../server';
import { errors, NameOrId, noContent, ok } from '../../wire';

const listing = defineListing({
  name: 'ip_pool_list',
  sorts: { name_ascending: 'name', name_descending: 'name', id_ascending: 'id' },
});

const path = z.object({ pool: NameOrId });
const tags = ['system/ip-pools'];

export function registerPools(server: Server, deps: ReadingDeps): void {
  listAndCreate(server, deps);
  viewAndDelete(server, deps);
  update(server, deps);
}

function listAndCreate(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.get(
    '/v1/system/ip-pools',
    {
      schema: {
        operationId: 'ip_pool_list',
        'x-dropshot-pagination': { required: [] },
        summary: 'List IP pools',
        tags,
        querystring: z.object({ ...pageParams, sort_by: NameOrIdSortMode.optional() }),
        response: { 200: ok(IpPoolResultsPage), ...errors },
      },
    },
    async (request, reply) => {
      requireInFleet(actorOf(request), 'list_children');
      const page = listing.page(request.query);
      return sendPage(deps, reply, { listing, page, of: 'fleet' }, (known) => listPools(db, page, known));
    },
  );

  server.post(
    '/v1/system/ip-pools',
    {
      schema: {
        operationId: 'ip_pool_create',
        summary: 'Create an IP pool',
        tags,
        body: IpPoolCreate,
        response: { 201: ok(IpPool, 'successful creation'), ...errors },
      },
    },
    async (request, reply) => {
      requireInFleet(actorOf(request), 'create_child');
      const { name, description, ip_version, pool_type, switch_port_uplinks, mvlan } = request.body;
      requireMulticastFields(pool_type, request.body);
      const pool = await createPool(db, {
        id: randomUUID(),
        name,
        description,
        ipVersion: ip_version,
        poolType: pool_type,
        switchPortUplinks:
          switch_port_uplinks == null ? null : checkedUplinks(switch_port_uplinks, await readPorts(db)),
        mvlan: mvlan ?? null,
      });
      return reply.code(201).send(viewPool(pool));
    },
  );
}

function viewAndDelete(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.get(
    '/v1/system/ip-pools/:pool',
    {
      schema: {
        operationId: 'ip_pool_view',
        summary: 'Fetch an IP pool',
        tags,
        params: path,
        response: { 200: ok(IpPool), ...errors },
      },
    },
    async (request) => viewPool(await selectPool(seekerOf(deps, request), 'read', request.params.pool)),
  );

  server.delete(
    '/v1/system/ip-pools/:pool',
    {
      schema: {
        operationId: 'ip_pool_delete',
        summary: 'Delete an IP pool',
        tags,
        params: path,
        response: { 204: noContent('successful deletion'), ...errors },
      },
    },
    async (request, reply) => {
      const pool = await selectPool(seekerOf(deps, request), 'delete', request.params.pool);
      if (!(await db.transaction((tx) => deletePool(tx, pool.id)))) throw notFound('ip-pool', { id: pool.id });
      return reply.code(204).send();
    },
  );

  server.get(
    '/v1/system/ip-pools/:pool/utilization',
    {
      schema: {
        operationId: 'ip_pool_utilization_view',
        summary: 'Fetch the utilization of an IP pool',
        tags,
        params: path,
        response: { 200: ok(IpPoolUtilization), ...errors },
      },
    },
    async (request) => {
      const pool = await selectPool(seekerOf(deps, request), 'read', request.params.pool);
      const { capacity, allocated } = await utilization(db, pool.id);
      return { capacity: Number(capacity), remaining: Number(capacity - allocated) };
    },
  );
}

function update(server: Server, deps: ReadingDeps): void {
  const { db } = deps;
  server.put(
    '/v1/system/ip-pools/:pool',
    {
      schema: {
        operationId: 'ip_pool_update',
        summary: 'Update an IP pool',
        tags,
        params: path,
        body: IpPoolUpdate,
        response: { 200: ok(IpPool), ...errors },
      },
    },
    async (request) => {
      const { id } = await selectPool(seekerOf(deps, request), 'modify', request.params.pool);
      const { updated, requests } = await db.transaction((tx) => change(tx, id, request.body));
      wakeGroups(deps, requests);
      return viewPool(updated);
    },
  );
}

async function change(tx: Tx, id: string, body: z.output<typeof IpPoolUpdate>) {
  const { name, description, switch_port_uplinks: uplinks, mvlan } = body;
  const pool = await lockPool(tx, id);
  if (pool === null) throw notFound('ip-pool', { id });
  requireMulticastFields(pool.poolType, body);
  const updated = await updatePool(tx, id, {
    ...(name == null ? {} : { name }),
    ...(description == null ? {} : { description }),
    ...(mvlan == null ? {} : { mvlan }),
    ...(uplinks == null ? {} : { switchPortUplinks: checkedUplinks(uplinks, await readPorts(tx)) }),
  });
  if (updated === null) throw notFound('ip-pool', { id });
  const same =
    updated.mvlan === pool.mvlan && String(updated.switchPortUplinks ?? '') === String(pool.switchPortUplinks ?? '');
  return { updated, requests: same ? [] : await requestAll(tx, await groupsOfPool(tx, id)) };
}

/** Postgres takes 65,534 parameters in one statement. Ids come in order, so the locks are taken in order too. */
async function requestAll(tx: Tx, groupIds: string[]): Promise<GroupRequest[]> {
  const requests: GroupRequest[] = [];
  for (let from = 0; from < groupIds.length; from += 10_000) {
    requests.push(...(await requestGroups(tx, groupIds.slice(from, from + 10_000))));
  }
  return requests;
}
