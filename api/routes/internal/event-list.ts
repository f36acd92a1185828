/** Events of all instances, for operators. */
import { z } from 'zod';
import { findEvent, listAllEvents } from '../../../db/event-list';
import { EVENT_KINDS } from '../../../domain/events';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { filtersOf } from '../../filters';
import { defineListing, pageParams } from '../../pagination';
import type { Server } from '../../server';
import { errors, ok, Uuid } from '../../wire';
import { EventOutcomeName, EventStatus, EventStatusResultsPage, eventView } from './instances';

const tags = ['events'];
const filters = {
  outcome: EventOutcomeName.optional(),
  instance: Uuid.optional(),
  kind: z.enum(EVENT_KINDS).optional(),
};
const Filters = z.object(filters);
const listing = defineListing({
  name: 'event_list',
  sorts: { accepted_descending: 'number' },
  filters: ['outcome', 'instance', 'kind'],
});

export function eventListRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/events',
    schema: {
      operationId: 'event_list',
      summary: 'List events of all instances, newest first',
      tags,
      querystring: z.object({ ...pageParams, ...filters }),
      response: { 200: ok(EventStatusResultsPage), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      const before = page.after === null ? null : Number(page.after);
      const rows = await listAllEvents(db, { limit: page.limit, before }, filtersOf(Filters, page));
      return { ...listing.results(rows, page, (row) => row.sequence), items: rows.map(eventView) };
    },
  });

  server.route({
    method: 'GET',
    url: '/events/:event',
    schema: {
      operationId: 'event_view',
      summary: 'What became of an event, by its id alone',
      tags,
      params: z.object({ event: Uuid }),
      response: { 200: ok(EventStatus), ...errors },
    },
    handler: async (request) => {
      const id = request.params.event;
      const row = await findEvent(db, id);
      if (row === null) throw notFound('instance-event', { id });
      return eventView(row);
    },
  });
}
