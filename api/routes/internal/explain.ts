/** Why an instance does, or does not, receive a group: the chain of what has to be true, and its first broken link. */
import { z } from 'zod';
import { readExplainFacts } from '../../../db/explain';
import { findGroup, findInstance } from '../../../db/lookup';
import { explain } from '../../../domain/explain';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import { addressIn, Ip } from '../../schemas/addresses';
import { byNameOrId } from '../../selectors';
import type { Server } from '../../server';
import { errors, isId, Name, NameOrId, ok, Uuid } from '../../wire';

const ExplanationLink = z
  .object({
    link: z.string().meta({
      description: 'multicast, membership, instance, generation, switchN, source filter, sled, agent version.',
    }),
    state: z.enum(['whole', 'limited', 'broken']),
    detail: z.string(),
  })
  .meta({ id: 'ExplanationLink' });

const Explanation = z
  .object({
    group_id: Uuid,
    group_name: Name,
    group_ip: Ip,
    instance_id: Uuid.nullable(),
    instance_name: z.string().nullable(),
    source: Ip.nullable(),
    receives: z.enum(['yes', 'partly', 'no']).meta({
      description: 'partly: through some of the switches, or no further than the port of its sled.',
    }),
    broken: z.string().nullable().meta({ description: 'The first link that is not whole.' }),
    why: z.string(),
    links: z.array(ExplanationLink),
  })
  .meta({ id: 'GroupExplanation' });

export function explainRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/groups/:group/explain',
    schema: {
      operationId: 'group_explain',
      summary: 'Why an instance does, or does not, receive a group',
      tags: ['status'],
      params: z.object({ group: Uuid }),
      querystring: z.object({
        instance: NameOrId.optional().meta({
          description: 'By id, or by name in the project of the group. Absent: the group alone.',
        }),
        source: Ip.optional().meta({ description: 'Address that sends. Absent: any that the group takes.' }),
      }),
      response: { 200: ok(Explanation), ...errors },
    },
    handler: async (request) => {
      const found = await findGroup(db, { id: request.params.group });
      if (found === null) throw notFound('multicast-group', { id: request.params.group });
      const { id, name, projectId, multicastIp } = found.group;
      const { instance: selector, source: given } = request.query;
      const source = given === undefined ? null : addressIn(given).text;
      const instance =
        selector === undefined
          ? null
          : await findInstance(db, isId(selector) ? { id: selector } : { projectId, name: selector });
      if (selector !== undefined && instance === null) throw notFound('instance', byNameOrId(selector));
      const facts = await readExplainFacts(db, { groupId: id, instance, source });
      if (facts === null) throw notFound('multicast-group', { id });
      return Explanation.parse({
        group_id: id,
        group_name: name,
        group_ip: multicastIp,
        instance_id: instance?.id ?? null,
        instance_name: instance?.name ?? null,
        source,
        ...explain(facts),
      });
    },
  });
}
