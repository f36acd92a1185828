/** One group seen from inside, for operators and tests: rounds, switches, members, flows. */
import { z } from 'zod';
import {
  flowStatuses,
  memberStatuses,
  refusedPorts,
  switchStatuses,
  type SwitchStatus,
} from '../../../db/group-status';
import { findGroup } from '../../../db/lookup';
import { groupWorkflowId } from '../../../domain/workflow-ids';
import type { ApiDeps } from '../../deps';
import { notFound } from '../../errors';
import type { Server } from '../../server';
import { errors, Name, ok, Timestamp, Uuid } from '../../wire';

const Ip = z.string().meta({ format: 'ip' });

const SwitchConfigView = z
  .object({
    tag: z.string(),
    underlayIp: Ip,
    externalIp: Ip,
    vni: z.int(),
    vlan: z.int().nullable(),
    sources: z.array(Ip),
    members: z.array(z.object({ port: z.string(), direction: z.enum(['Underlay', 'External']) })),
  })
  .meta({ id: 'GroupSwitchConfig' });

const GroupSwitch = z
  .object({
    switch_id: Uuid,
    name: z.string(),
    service: z.enum(['unreachable', 'resyncing', 'in_service']),
    config: SwitchConfigView.nullable().meta({
      description: 'What it has acknowledged; null: that the group is absent.',
    }),
    config_generation: z.int(),
    round: z.int(),
    writes: z.int().meta({ description: 'Writes to it for this group, ever.' }),
    current: z.boolean().meta({ description: 'The acknowledgement is of the daemon that now runs there.' }),
    suspect: z.boolean().meta({ description: 'Will be read before it is written again.' }),
    last_error: z.string().nullable(),
    time_last_error: Timestamp.nullable(),
    time_acked: Timestamp.nullable(),
  })
  .meta({ id: 'GroupSwitch' });

export const GroupMember = z
  .object({
    id: Uuid,
    instance_id: Uuid,
    instance_name: z.string().nullable(),
    state: z.enum(['joining', 'joined', 'left']),
    reason: z.string().nullable(),
    generation: z.int(),
    sled_id: Uuid.nullable(),
    propolis_id: Uuid.nullable(),
    port: z.string().nullable(),
    target_sled_id: Uuid.nullable(),
    target_propolis_id: Uuid.nullable(),
    target_port: z.string().nullable(),
    time_deleted: Timestamp.nullable().meta({ description: 'Set: removed, but not yet confirmed by every switch.' }),
  })
  .meta({ id: 'GroupMember' });

const GroupFlow = z
  .object({
    propolis_id: Uuid,
    sled_id: Uuid,
    sources: z.array(Ip),
    state: z.enum(['joining', 'joined', 'leaving']),
    reason: z.string().nullable(),
  })
  .meta({ id: 'GroupFlow', description: 'One VMM that accepts the group from these sources.' });

const GroupStatus = z
  .object({
    id: Uuid,
    project_id: Uuid,
    name: Name,
    multicast_ip: Ip,
    source_ips: z.array(Ip),
    vni: z.int(),
    tag: z.string(),
    state: z.enum(['creating', 'active', 'deleting']),
    workflow_id: z.string(),
    requested: z.int().meta({ description: 'Number of the newest request to converge.' }),
    served: z.int().meta({ description: 'Number of the newest request that a round has served.' }),
    round: z.int(),
    config_generation: z.int(),
    outcome: z.string().nullable().meta({ description: 'Of the newest round.' }),
    reason: z.string().nullable(),
    degraded: z.array(z.string()).meta({ description: 'Switches that lack the newest configuration.' }),
    failures: z.int().meta({ description: 'Rounds failed in a row.' }),
    time_retry: Timestamp.nullable(),
    time_converged: Timestamp.nullable(),
    switches: z.array(GroupSwitch),
    members: z.array(GroupMember),
    flows: z.array(GroupFlow),
    refused_ports: z.array(z.object({ switch_id: Uuid, port: z.string(), reason: z.string() })),
  })
  .meta({ id: 'GroupStatus' });

/** Out of service, and not known to have what the others acknowledged. */
const isMissing = (each: SwitchStatus, generation: number) =>
  each.service !== 'in_service' && !(each.current && !each.suspect && each.config_generation >= generation);

export function groupRoutes(server: Server, { db }: ApiDeps): void {
  server.route({
    method: 'GET',
    url: '/groups/:group/status',
    schema: {
      operationId: 'group_status',
      summary: 'Where a group stands',
      tags: ['status'],
      params: z.object({ group: Uuid }),
      response: { 200: ok(GroupStatus), ...errors },
    },
    handler: async (request) => {
      const id = request.params.group;
      const [found, switches, members, flows, refused] = await Promise.all([
        findGroup(db, { id }),
        switchStatuses(db, id),
        memberStatuses(db, id),
        flowStatuses(db, id),
        refusedPorts(db, id),
      ]);
      if (found === null) throw notFound('multicast-group', { id });
      const { group } = found;
      return GroupStatus.parse({
        id,
        project_id: group.projectId,
        name: group.name,
        multicast_ip: group.multicastIp,
        source_ips: group.sourceIps,
        vni: group.vni,
        tag: group.tag,
        state: group.state,
        workflow_id: groupWorkflowId(id),
        requested: group.requested,
        served: group.served,
        round: group.round,
        config_generation: group.configGeneration,
        outcome: group.outcome,
        reason: group.reason,
        degraded: switches.filter((each) => isMissing(each, group.configGeneration)).map((each) => each.name),
        failures: group.failures,
        time_retry: group.timeRetry,
        time_converged: group.timeConverged,
        switches,
        members,
        flows,
        refused_ports: refused,
      });
    },
  });
}
