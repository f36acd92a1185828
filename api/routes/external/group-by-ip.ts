/** Looking a group up by its address, for the fleet's operators: across all silos. */
import { z } from 'zod';
import { findGroup } from '../../../db/lookup';
import { actorOf } from '../../auth';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { requireInFleet } from '../../policy';
import { addressIn, Ip } from '../../schemas/addresses';
import { MulticastGroup, viewGroup } from '../../schemas/groups';
import type { Server } from '../../server';
import { errors, ok } from '../../wire';

export function registerGroupByIp(server: Server, { db }: ApiDeps): void {
  server.get(
    '/v1/system/multicast-groups/by-ip/:address',
    {
      schema: {
        operationId: 'lookup_multicast_group_by_ip',
        summary: 'Look up a multicast group by IP address',
        tags: ['experimental'],
        params: z.object({ address: Ip }),
        response: { 200: ok(MulticastGroup), ...errors },
      },
    },
    async (request) => {
      requireInFleet(actorOf(request), 'read');
      const ip = addressIn(request.params.address).text;
      const found = await findGroup(db, { ip });
      if (found === null) throw notFound('multicast-group', { name: ip });
      return viewGroup(found.group);
    },
  );
}
