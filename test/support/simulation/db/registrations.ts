/** States `db/registrations.ts` again. */
import type * as real from '../../../../db/registrations';
import { atomic } from '../tables';
import { requestGroups } from './requests';

export const registrationOf: typeof real.registrationOf = atomic((tables, eventId: string) => {
  const event = tables.events.get(eventId);
  const place = event?.body.target ?? event?.body;
  const body = event?.body.vmm_registration;
  if (event === undefined || body == null || place?.sled_id === undefined || place.propolis_id === undefined)
    return null;
  if (!tables.sleds.has(place.sled_id)) return null;
  return {
    instanceId: event.instanceId,
    sledId: place.sled_id,
    propolisId: place.propolis_id,
    agentAddress: place.sled_id,
    body,
    late: event.finished || event.supersededBy !== null,
  };
});

export const membershipsForSled: typeof real.membershipsForSled = atomic((tables, instanceId: string) =>
  tables.members
    .filter((member) => member.instanceId === instanceId && !member.deleted)
    .flatMap((member) => {
      const group = tables.groups.get(member.groupId);
      return group === undefined || group.state === 'deleting'
        ? []
        : [{ group_id: group.id, group_ip: group.ip, sources: group.sources.toSorted() }];
    }),
);

export const sledAddress: typeof real.sledAddress = atomic((tables, sledId: string) =>
  tables.sleds.has(sledId) ? sledId : null,
);

export const withdrawPrepared: typeof real.withdrawPrepared = atomic((tables, eventIds: string[]) => {
  const vmms = eventIds.flatMap((id) => {
    const body = tables.events.get(id)?.body;
    return body?.propolis_id ?? body?.target?.propolis_id ?? [];
  });
  const flows = tables.flows.filter((flow) => vmms.includes(flow.propolisId));
  return requestGroups(
    tables,
    flows.map((flow) => flow.groupId),
  );
});
