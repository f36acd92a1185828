/** VPCs, as Nexus registers them. */
import { z } from 'zod';
import { deleteVpc, listVpcs, putVpc, readVpc } from '../../../db/registry';
import { LIMITS } from '../../../domain/limits';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, Name, noContent, ok, Timestamp, Uuid } from '../../wire';

const tags = ['registry'];
const params = z.object({ vpc: Uuid });

const Vni = z.int().min(0).max(LIMITS.vniMax).meta({ description: '24-bit Geneve VNI' });
const VpcPut = z.object({ project_id: Uuid, name: Name, vni: Vni }).meta({ id: 'VpcPut' });
const Vpc = z
  .object({ id: Uuid, project_id: Uuid, vni: Vni, name: Name, time_created: Timestamp, time_modified: Timestamp })
  .meta({ id: 'Vpc' });
const listing = defineListing({ name: 'vpc_list', sorts: { id_ascending: 'id' } });

type Row = NonNullable<Awaited<ReturnType<typeof readVpc>>>;
const view = (row: Row) => ({
  id: row.id,
  project_id: row.projectId,
  vni: row.vni,
  name: row.name,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
});

export function vpcRoutes(server: Server, { db }: ApiDeps): void {
  const read = async (id: string) => {
    const row = await readVpc(db, id);
    if (row === null) throw notFound('vpc', { id });
    return view(row);
  };

  server.route({
    method: 'PUT',
    url: '/vpcs/:vpc',
    schema: {
      operationId: 'vpc_put',
      summary: 'Register a VPC',
      tags,
      params,
      body: VpcPut,
      response: { 200: ok(Vpc), 201: ok(Vpc, 'created'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.vpc;
      const put = await putVpc(db, {
        id,
        projectId: request.body.project_id,
        vni: request.body.vni,
        name: request.body.name,
      });
      return reply.code(put === 'created' ? 201 : 200).send(await read(id));
    },
  });

  server.route({
    method: 'GET',
    url: '/vpcs/:vpc',
    schema: { operationId: 'vpc_view', summary: 'Fetch a VPC', tags, params, response: { 200: ok(Vpc), ...errors } },
    handler: (request) => read(request.params.vpc),
  });

  server.route({
    method: 'GET',
    url: '/vpcs',
    schema: {
      operationId: 'vpc_list',
      summary: 'List VPCs',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Vpc, 'VpcResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      return listing.results((await listVpcs(db, page)).map(view), page, (vpc) => vpc.id);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/vpcs/:vpc',
    schema: {
      operationId: 'vpc_delete',
      summary: 'Remove a VPC without multicast groups',
      tags,
      params,
      response: { 204: noContent('removed'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.vpc;
      if (!(await deleteVpc(db, id))) throw notFound('vpc', { id });
      return reply.code(204).send();
    },
  });
}
