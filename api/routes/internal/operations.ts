/** What an operator may set off or switch while everything runs. */
import { z } from 'zod';
import { multicastEnabled, setMulticastEnabled } from '../../../db/runtime-config';
import { RECONCILE_SCHEDULE } from '../../../domain/workflow-ids';
import { within } from '../../deadline';
import { triggerLater, type ApiDeps } from '../../deps';
import { unavailable } from '../../errors';
import type { Server } from '../../server';
import { errors, ok } from '../../wire';

const tags = ['operations'];
const TRIGGER_WITHIN_MS = 5_000;

const MulticastSettings = z
  .object({ enabled: z.boolean().meta({ description: 'Off: events are accepted and wait; nothing is programmed.' }) })
  .meta({ id: 'MulticastSettings' });

const Triggered = z.object({ schedule_id: z.string() }).meta({ id: 'Triggered' });

export function operationRoutes(server: Server, deps: ApiDeps): void {
  const { db, temporal } = deps;

  server.route({
    method: 'GET',
    url: '/settings/multicast',
    schema: {
      operationId: 'multicast_settings_view',
      summary: 'Whether multicast is on',
      tags,
      response: { 200: ok(MulticastSettings), ...errors },
    },
    handler: async () => ({ enabled: await multicastEnabled(db) }),
  });

  server.route({
    method: 'PUT',
    url: '/settings/multicast',
    schema: {
      operationId: 'multicast_settings_put',
      summary: 'Switch multicast on or off',
      description: 'Switched on, everything that waited is caught up with.',
      tags,
      body: MulticastSettings,
      response: { 200: ok(MulticastSettings), ...errors },
    },
    handler: async (request) => {
      await setMulticastEnabled(db, request.body.enabled);
      if (request.body.enabled) triggerLater(deps, RECONCILE_SCHEDULE);
      return { enabled: request.body.enabled };
    },
  });

  server.route({
    method: 'POST',
    url: '/reconcile',
    schema: {
      operationId: 'reconcile',
      summary: 'Reconcile now',
      tags,
      response: { 202: ok(Triggered, 'triggered'), ...errors },
    },
    handler: async (_request, reply) => {
      await within(TRIGGER_WITHIN_MS, temporal.trigger(RECONCILE_SCHEDULE)).catch((error: unknown) => {
        throw unavailable('Temporal did not take the request', error);
      });
      return reply.code(202).send({ schedule_id: RECONCILE_SCHEDULE });
    },
  });
}
