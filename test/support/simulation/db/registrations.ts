/** States `db/registrations.ts` again. */
import type * as real from '../../../../db/registrations';
import type { Place } from '../../../../domain/desired';
import { sourcesKey } from '../../../../domain/plan-round';
import { atomic, now, type FlowRow, type Tables } from '../tables';
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
    late: event.timeFinished !== null || event.supersededBy !== null,
  };
});

const toPrepared = ({ groupId, groupIp, sources }: FlowRow): real.Prepared => ({
  groupId,
  groupIp,
  sources: sources === '' ? [] : sources.split(','),
});

/** The flow's row, made unless it is there. */
function rowOf(tables: Tables, flow: Pick<FlowRow, 'groupId' | 'propolisId' | 'sledId' | 'groupIp' | 'sources'>) {
  const same = (each: FlowRow) =>
    each.groupId === flow.groupId && each.propolisId === flow.propolisId && each.sources === flow.sources;
  const present = tables.flows.find(same);
  if (present !== undefined) return present;
  const fresh: FlowRow = { ...flow, state: 'joining', registering: true, round: 0, reason: null };
  tables.flows.push(fresh);
  return fresh;
}

export const beginRegistration: typeof real.beginRegistration = atomic((tables, { instanceId, propolisId, sledId }) =>
  tables.members
    .filter((member) => member.instanceId === instanceId && !member.deleted)
    .flatMap(({ groupId }) => {
      const group = tables.groups.get(groupId);
      if (group === undefined || group.state === 'deleting') return [];
      const sources = sourcesKey(group.sources);
      const flow = rowOf(tables, { groupId, propolisId, sledId, groupIp: group.ip, sources });
      return [toPrepared(Object.assign(flow, { registering: true, timeBegun: now(), state: joiningAgain(flow) }))];
    }),
);

const joiningAgain = ({ state }: FlowRow): FlowRow['state'] => (state === 'leaving' ? 'joining' : state);

export const endRegistration: typeof real.endRegistration = atomic((tables, { propolisId, sledId }, prepared) => {
  for (const { groupId, groupIp, sources } of prepared)
    rowOf(tables, { groupId, propolisId, sledId, groupIp, sources: sourcesKey(sources) });
  release(tables, [propolisId]);
});

function release(tables: Tables, vmms: string[]): void {
  for (const flow of tables.flows) if (vmms.includes(flow.propolisId)) flow.registering = false;
}

export const forgetVmm: typeof real.forgetVmm = atomic((tables, propolisId: string) => {
  tables.flows = tables.flows.filter((flow) => flow.propolisId !== propolisId);
});

export const sledAddress: typeof real.sledAddress = atomic((tables, sledId: string) =>
  tables.sleds.has(sledId) ? sledId : null,
);

export const withdrawPrepared: typeof real.withdrawPrepared = atomic((tables, eventIds: string[]) => {
  const vmms = eventIds.flatMap((id) => {
    const body = tables.events.get(id)?.body;
    return body?.propolis_id ?? body?.target?.propolis_id ?? [];
  });
  release(tables, vmms);
  const flows = tables.flows.filter((flow) => vmms.includes(flow.propolisId));
  const stands = (place: Place | null) => place !== null && vmms.includes(place.propolisId);
  const members = tables.members.filter((row) => !row.deleted && (stands(row.location) || stands(row.target)));
  return requestGroups(
    tables,
    [...flows, ...members].map((row) => row.groupId),
  );
});
