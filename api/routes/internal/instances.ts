/** What became of instances and of their events. */
import { z } from 'zod';
import {
  listEvents,
  listInstances,
  multicastMemberships,
  readEvent,
  readInstance,
  type EventStatusRow,
  type InstanceStatusRow,
} from '../../../db/instance-status';
import { EVENT_KINDS } from '../../../domain/events';
import { eventUrl } from '../../accept';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, Name, ok, Timestamp, Uuid } from '../../wire';

const tags = ['events'];
const params = z.object({ instance: Uuid });

const Instance = z
  .object({
    id: Uuid,
    project_id: Uuid,
    name: Name,
    state: z.enum(['creating', 'stopped', 'running', 'failed', 'destroyed']),
    generation: z.int().meta({ description: 'Of the newest accepted event.' }),
    applied_generation: z.int().meta({ description: 'Of the newest event that has changed rows.' }),
    sled_id: Uuid.nullable(),
    propolis_id: Uuid.nullable(),
    target_sled_id: Uuid.nullable(),
    target_propolis_id: Uuid.nullable(),
    time_created: Timestamp,
    time_modified: Timestamp,
    time_deleted: Timestamp.nullable(),
  })
  .meta({ id: 'Instance' });

/** `disabled`: accepted, and waits for multicast to be switched on. */
export const EventOutcomeName = z.enum([
  'pending',
  'running',
  'succeeded',
  'failed',
  'superseded',
  'stale',
  'disabled',
]);

export const EventStatus = z
  .object({
    event_id: Uuid,
    instance_id: Uuid,
    kind: z.enum(EVENT_KINDS),
    generation: z.int(),
    outcome: EventOutcomeName,
    reason: z.string().nullable().meta({ description: 'Why it failed, or what overtook it.' }),
    url: z.string(),
    workflow_id: z.string().nullable(),
    run_id: z.string().nullable(),
    groups: z.array(Uuid).meta({ description: 'Groups that it touched when it changed rows.' }),
    time_accepted: Timestamp,
    time_claimed: Timestamp.nullable(),
    time_applied: Timestamp.nullable(),
    time_finished: Timestamp.nullable(),
  })
  .meta({ id: 'EventStatus' });

export const EventStatusResultsPage = ResultsPage(EventStatus, 'EventStatusResultsPage');

const Membership = z
  .object({ group_ip: z.string().meta({ format: 'ip' }), sources: z.array(z.string().meta({ format: 'ip' })) })
  .meta({ id: 'InstanceMulticastMembership', description: "As the sled agent's VMM registration takes it." });

const instances = defineListing({ name: 'instance_list', sorts: { id_ascending: 'id' } });
const events = defineListing({ name: 'instance_event_list', sorts: { accepted_ascending: 'number' } });

const view = (row: InstanceStatusRow) => ({
  id: row.id,
  project_id: row.projectId,
  name: row.name,
  state: row.state,
  generation: row.generation,
  applied_generation: row.applied,
  sled_id: row.sledId,
  propolis_id: row.propolisId,
  target_sled_id: row.targetSledId,
  target_propolis_id: row.targetPropolisId,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
  time_deleted: row.timeDeleted,
});

export const eventView = (row: EventStatusRow) => ({
  event_id: row.eventId,
  instance_id: row.instanceId,
  kind: row.kind,
  generation: row.generation,
  outcome: row.outcome,
  reason: row.reason,
  url: eventUrl(row.instanceId, row.eventId),
  workflow_id: row.claimedBy,
  run_id: row.runId,
  groups: row.touched ?? [],
  time_accepted: row.timeAccepted,
  time_claimed: row.timeClaimed,
  time_applied: row.timeApplied,
  time_finished: row.timeFinished,
});

export function instanceRoutes(server: Server, { db }: ApiDeps): void {
  const read = async (id: string) => {
    const row = await readInstance(db, id);
    if (row === null) throw notFound('instance', { id });
    return row;
  };

  server.route({
    method: 'GET',
    url: '/instances',
    schema: {
      operationId: 'instance_list',
      summary: 'List instances',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Instance, 'InstanceResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = instances.page(request.query);
      return instances.results((await listInstances(db, page)).map(view), page, (instance) => instance.id);
    },
  });

  server.route({
    method: 'GET',
    url: '/instances/:instance',
    schema: {
      operationId: 'instance_view',
      summary: 'Fetch an instance',
      tags,
      params,
      response: { 200: ok(Instance), ...errors },
    },
    handler: async (request) => view(await read(request.params.instance)),
  });

  server.route({
    method: 'GET',
    url: '/instances/:instance/events',
    schema: {
      operationId: 'instance_event_list',
      summary: "List an instance's events, in the order in which they were posted",
      tags,
      params,
      querystring: z.object(pageParams),
      response: { 200: ok(EventStatusResultsPage), ...errors },
    },
    handler: async (request) => {
      const page = events.page(request.query);
      const { id } = await read(request.params.instance);
      const rows = await listEvents(db, id, page);
      return { ...events.results(rows, page, (row) => row.sequence), items: rows.map(eventView) };
    },
  });

  server.route({
    method: 'GET',
    url: '/instances/:instance/events/:event',
    schema: {
      operationId: 'instance_event_view',
      summary: 'What became of an event',
      tags,
      params: params.extend({ event: Uuid }),
      response: { 200: ok(EventStatus), ...errors },
    },
    handler: async (request) => {
      const row = await readEvent(db, request.params.instance, request.params.event);
      if (row === null) throw notFound('instance-event', { id: request.params.event });
      return eventView(row);
    },
  });

  server.route({
    method: 'GET',
    url: '/instances/:instance/multicast-memberships',
    schema: {
      operationId: 'instance_multicast_membership_list',
      summary: "The multicast groups for an instance's VMM registration",
      tags,
      params,
      response: { 200: ok(z.array(Membership)), ...errors },
    },
    handler: async (request) => multicastMemberships(db, (await read(request.params.instance)).id),
  });
}
