/** Switches, as Nexus registers them; whether each is in service is found out by the health check, not told. */
import { z } from 'zod';
import { deleteSwitch, listSwitches, putSwitch, readSwitch, type SwitchRow } from '../../../db/switches';
import { HEALTH_SCHEDULE } from '../../../domain/workflow-ids';
import { triggerLater, type ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { defineListing, pageParams, ResultsPage } from '../../pagination';
import type { Server } from '../../server';
import { errors, noContent, ok, Timestamp, Uuid } from '../../wire';
import { DaemonAddress } from './daemon-address';

const tags = ['registry'];
const params = z.object({ switch: Uuid });
const Slot = z.int().min(0).max(31);

const SwitchPut = z.object({ slot: Slot, dpd_address: DaemonAddress }).meta({ id: 'SwitchPut' });

const Switch = z
  .object({
    id: Uuid,
    name: z.string().meta({ description: 'switchN, after its slot' }),
    slot: Slot,
    dpd_address: z.string(),
    service: z.enum(['unreachable', 'resyncing', 'in_service']).meta({
      description: 'resyncing: it answers, but something on it is behind. Only switches in service are waited for.',
    }),
    multicast: z.boolean().meta({ description: 'Whether its daemon was built with multicast.' }),
    api_version: z.int().nullable(),
    failures: z.int().meta({ description: 'Health checks failed in a row.' }),
    last_error: z.string().nullable(),
    time_last_seen: Timestamp.nullable(),
    time_service_changed: Timestamp,
    time_created: Timestamp,
    time_modified: Timestamp,
  })
  .meta({ id: 'Switch' });

const listing = defineListing({ name: 'switch_list', sorts: { id_ascending: 'id' } });

const view = (row: SwitchRow) => ({
  id: row.id,
  name: `switch${row.slot}`,
  slot: row.slot,
  dpd_address: row.dpdAddress,
  service: row.service,
  multicast: row.multicast,
  api_version: row.apiVersion,
  failures: row.failures,
  last_error: row.lastError,
  time_last_seen: row.timeLastSeen,
  time_service_changed: row.timeServiceChanged,
  time_created: row.timeCreated,
  time_modified: row.timeModified,
});

export function switchRoutes(server: Server, deps: ApiDeps): void {
  const { db } = deps;
  const read = async (id: string) => {
    const row = await readSwitch(db, id);
    if (row === null) throw notFound('switch', { id });
    return view(row);
  };

  server.route({
    method: 'PUT',
    url: '/switches/:switch',
    schema: {
      operationId: 'switch_put',
      summary: 'Register a switch',
      tags,
      params,
      body: SwitchPut,
      response: { 200: ok(Switch), 201: ok(Switch, 'created'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.switch;
      const { slot, dpd_address: dpdAddress } = request.body;
      const put = await putSwitch(db, { id, slot, dpdAddress });
      triggerLater(deps, HEALTH_SCHEDULE);
      return reply.code(put === 'created' ? 201 : 200).send(await read(id));
    },
  });

  server.route({
    method: 'GET',
    url: '/switches/:switch',
    schema: {
      operationId: 'switch_view',
      summary: 'Fetch a switch',
      tags,
      params,
      response: { 200: ok(Switch), ...errors },
    },
    handler: (request) => read(request.params.switch),
  });

  server.route({
    method: 'GET',
    url: '/switches',
    schema: {
      operationId: 'switch_list',
      summary: 'List switches',
      tags,
      querystring: z.object(pageParams),
      response: { 200: ok(ResultsPage(Switch, 'SwitchResultsPage')), ...errors },
    },
    handler: async (request) => {
      const page = listing.page(request.query);
      return listing.results((await listSwitches(db, page)).map(view), page, (each) => each.id);
    },
  });

  server.route({
    method: 'DELETE',
    url: '/switches/:switch',
    schema: {
      operationId: 'switch_delete',
      summary: 'Take a switch out of the rack',
      description: 'Nothing is removed from the switch itself.',
      tags,
      params,
      response: { 204: noContent('removed'), ...errors },
    },
    handler: async (request, reply) => {
      const id = request.params.switch;
      if (!(await deleteSwitch(db, id))) throw notFound('switch', { id });
      return reply.code(204).send();
    },
  });
}
