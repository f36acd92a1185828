/** Drift, for operators: what a switch held otherwise than it had acknowledged, since when, and who repaired it. */
import { z } from 'zod';
import { listDrift, type ListedDrift } from '../../../db/drift';
import type { ApiDeps } from '../../deps';
import { filtersOf, Flag } from '../../filters';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, ok, Timestamp, Uuid } from '../../wire';

const Drift = z
  .object({
    id: Uuid,
    kind: z.enum(['missing', 'stray', 'divergent', 'orphan']).meta({
      description:
        'missing: expected and not there. stray: there and not expected. divergent: there with other values. orphan: an object of ours that no row asks for.',
    }),
    switch_id: Uuid,
    switch_name: z.string().nullable().meta({ description: 'null: it has left the rack.' }),
    group_id: z.string(),
    group_name: z.string().nullable().meta({ description: 'null: there is no such group.' }),
    group_ip: z.string().meta({ format: 'ip' }),
    port: z.string().nullable().meta({ description: 'null: the whole object is meant.' }),
    detail: z.string(),
    time_found: Timestamp,
    time_repaired: Timestamp.nullable(),
    repaired_by: z.string().nullable().meta({ description: 'Workflow id.' }),
  })
  .meta({ id: 'Drift' });

const filters = { open: Flag.optional(), switch: Uuid.optional(), group: Uuid.optional() };
const Filters = z.object(filters);
const listing = defineListing({
  name: 'drift_list',
  sorts: { found_descending: 'number' },
  filters: ['open', 'switch', 'group'],
});

const view = (row: ListedDrift) => ({
  id: row.id,
  kind: row.kind,
  switch_id: row.switchId,
  switch_name: row.slot === null ? null : `switch${row.slot}`,
  group_id: row.groupId,
  group_name: row.groupName,
  group_ip: row.groupIp,
  port: row.port === '' ? null : row.port,
  detail: row.detail,
  time_found: row.timeFound,
  time_repaired: row.timeRepaired,
  repaired_by: row.repairedBy,
});

export function driftRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/drift',
    schema: {
      operationId: 'drift_list',
      summary: 'List drift, newest first',
      tags: ['status'],
      querystring: z.object({ ...pageParams, ...filters }),
      response: { 200: ok(ResultsPage(Drift, 'DriftResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      const { open, ...rest } = filtersOf(Filters, page);
      const rows = await listDrift(
        db,
        { limit: page.limit, before: page.after === null ? null : Number(page.after) },
        { ...rest, open: open === undefined ? undefined : open === 'true' },
      );
      return { ...listing.results(rows, page, (row) => row.sequence), items: rows.map(view) };
    },
  });
}
