/** Posting lifecycle events, one by one or in batches. */
import { z } from 'zod';
import { LIMITS } from '../../../domain/limits';
import { acceptBatch, acceptOne, type InternalDeps } from '../../accept';
import { createInbox } from '../../inbox';
import { InstanceEvent, InstanceEventItem, parseItem } from '../../lifecycle-event';
import type { Server } from '../../server';
import { ErrorSchema, errors, ok, Uuid } from '../../wire';

const tags = ['events'];

const EventReceipt = z
  .object({
    event_id: z.string().meta({ format: 'uuid' }),
    outcome: z.enum(['accepted', 'disabled', 'duplicate', 'stale']).meta({
      description:
        'disabled: accepted, waits for multicast to be switched on. duplicate: known already. stale: a newer generation was accepted before.',
    }),
    url: z.string().meta({ description: 'Where its status is.' }),
    workflow_id: z.string().nullable().meta({ description: 'The run that takes it; null where none does.' }),
  })
  .meta({ id: 'EventReceipt' });

const EventBatch = z
  .object({ items: z.array(InstanceEventItem).max(LIMITS.batchEvents) })
  .meta({ id: 'EventBatch', description: 'Events of any instances, judged in this order.' });

const EventAnswer = z
  .object({ status: z.int(), body: z.union([EventReceipt, ErrorSchema]) })
  .meta({ id: 'EventAnswer', description: 'Status and body that the event would have been answered with alone.' });

const EventBatchAnswer = z.object({ items: z.array(EventAnswer) }).meta({ id: 'EventBatchAnswer' });

export function eventRoutes(server: Server, deps: InternalDeps): void {
  const inbox = createInbox(deps.db);

  server.route({
    method: 'POST',
    url: '/instances/:instance/events',
    schema: {
      operationId: 'instance_event_post',
      summary: 'Post a lifecycle event',
      description: 'Once answered with 202 the event takes effect, whatever fails afterwards.',
      tags,
      params: z.object({ instance: Uuid }),
      body: InstanceEvent,
      response: {
        200: ok(EventReceipt, 'known already, or overtaken'),
        202: ok(EventReceipt, 'accepted'),
        ...errors,
      },
    },
    handler: async (request, reply) => {
      const { status, body } = await acceptOne(deps, inbox, {
        instanceId: request.params.instance,
        event: request.body,
      });
      if (status === 202) reply.header('location', body.url);
      return reply.code(status).send(body);
    },
  });

  server.route({
    method: 'POST',
    url: '/instance-events',
    schema: {
      operationId: 'instance_event_post_batch',
      summary: 'Post lifecycle events of many instances',
      description: 'Each item is answered for itself, in order; a bad one holds up no other.',
      tags,
      body: EventBatch,
      response: { 200: ok(EventBatchAnswer), ...errors },
    },
    handler: async (request) => ({
      items: await acceptBatch(deps, request.body.items.map(parseItem), request.id),
    }),
  });
}
