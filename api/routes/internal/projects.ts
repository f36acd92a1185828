/** Projects, as Nexus registers them. */
import { z } from 'zod';
import { deleteProject, listProjects, putProject, readProject } from '../../../db/registry';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, Name, noContent, ok, Timestamp, Uuid } from '../../wire';

const tags = ['registry'];
const params = z.object({ project: Uuid });

const ProjectPut = z.object({ silo_id: Uuid, name: Name }).meta({ id: 'ProjectPut' });
const Project = z
  .object({ id: Uuid, silo_id: Uuid, name: Name, time_created: Timestamp, time_modified: Timestamp })
  .meta({ id: 'Project' });
const listing = defineListing({ name: 'project_list', sorts: { id_ascending: 'id' } });

type Row = NonNullable<Awaited<ReturnType<typeof readProject>>>;
const view = (row: Row) => ({
  id: row.id,
  silo_id: row.siloId,
  name: row.name,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
});

export function projectRoutes(server: Server, { db }: ApiDeps): void {
  const read = async (id: string) => {
    const row = await readProject(db, id);
    if (row === null) throw notFound('project', { id });
    return view(row);
  };

  server.route({
    method: 'PUT',
    url: '/projects/:project',
    schema: {
      operationId: 'project_put',
      summary: 'Register a project',
      tags,
      params,
      body: ProjectPut,
      response: { 200: ok(Project), 201: ok(Project, 'created'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.project;
      const put = await putProject(db, { id, siloId: request.body.silo_id, name: request.body.name });
      return reply.code(put === 'created' ? 201 : 200).send(await read(id));
    },
  });

  server.route({
    method: 'GET',
    url: '/projects/:project',
    schema: {
      operationId: 'project_view',
      summary: 'Fetch a project',
      tags,
      params,
      response: { 200: ok(Project), ...errors },
    },
    handler: (request) => read(request.params.project),
  });

  server.route({
    method: 'GET',
    url: '/projects',
    schema: {
      operationId: 'project_list',
      summary: 'List projects',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Project, 'ProjectResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      return listing.results((await listProjects(db, page)).map(view), page, (project) => project.id);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/projects/:project',
    schema: {
      operationId: 'project_delete',
      summary: 'Remove a project without groups, instances and VPCs',
      tags,
      params,
      response: { 204: noContent('removed'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.project;
      if (!(await deleteProject(db, id))) throw notFound('project', { id });
      return reply.code(204).send();
    },
  });
}
