/** States again what only reconciliation reads: `db/drift.ts`, `agent-versions`, `outstanding`, `redelivery`, `repair-members` and `runtime-config`. */
import type * as agents from '../../../../db/agent-versions';
import type * as drift from '../../../../db/drift';
import type * as outstandingRows from '../../../../db/outstanding';
import type * as redelivery from '../../../../db/redelivery';
import type * as repair from '../../../../db/repair-members';
import type * as config from '../../../../db/runtime-config';
import { places } from '../../../../domain/desired';
import { sourcesKey } from '../../../../domain/plan-round';
import { samePlace } from '../../../../domain/fold-events';
import { LIMITS } from '../../../../domain/limits';
import { hit, stage } from '../stage';
import { atomic, now, type EventRow, type FlowRow, type GroupRow, type Tables } from '../tables';
import { requestGroups } from './requests';

/** Events that are many; far fewer than in earnest, so that it happens. */
const BACKLOG = 2;

/** What a switch did not let go is the next pass's to find, as what somebody else has changed is. */
export const settleOrphans: typeof drift.settleOrphans = async (_, switchId, { left }) => {
  for (const { groupId } of left) stage().switches.get(switchId)?.tampered.add(groupId);
};
export const forgetDrift: typeof drift.forgetDrift = async () => {};

/** All agents are of version 5. */
export const agentsToAsk: typeof agents.agentsToAsk = async () => [];
export const rememberVersion: typeof agents.rememberVersion = async () => {};
export const tellAgain: typeof agents.tellAgain = async () => ({ flows: 0, requests: [] });

export const multicastEnabled: typeof config.multicastEnabled = atomic(() => true);

export const outstanding: typeof outstandingRows.outstanding = atomic((tables) => {
  const groups = [...tables.groups.values()];
  return {
    groupsCreating: groups.filter((group) => group.state === 'creating').length,
    groupsDeleting: groups.filter((group) => group.state === 'deleting').length,
    groupsDue: groups.filter(
      (group) => group.requested > group.attempted || (group.timeRetry !== null && group.timeRetry <= now()),
    ).length,
    tombstones: tables.members.filter((member) => member.deleted).length,
    drift: 0,
    members: tables.members.filter((member) => !member.deleted).length,
  };
});

export const undeliveredEvents: typeof redelivery.undeliveredEvents = atomic((tables, after: number) => {
  const late = now() - LIMITS.redeliverAfterMs;
  const events = [...tables.events.values()];
  return events
    .filter(
      (event) =>
        event.timeFinished === null &&
        (event.timeClaimed ?? event.timeAccepted) < late &&
        event.sequence > after &&
        (event.applied ||
          event.claimedBy !== null ||
          !events.some(
            (newer) =>
              newer.instanceId === event.instanceId &&
              newer.generation > event.generation &&
              !newer.applied &&
              newer.timeFinished === null,
          )),
    )
    .flatMap(({ id, instanceId, generation, kind, claimedBy, sequence }) => {
      hit('event redelivered');
      return kind === 'reboot' ? [] : [{ eventId: id, instanceId, generation, kind, claimedBy, sequence }];
    });
});

const isBacklog = atomic((tables) => {
  const open = (event: EventRow) => !event.applied && event.timeFinished === null;
  return [...tables.events.values()].filter(open).length > BACKLOG;
});

const busyGroups = atomic((tables) => {
  const counts = new Map<string, number>();
  for (const { groupId, outcome } of tables.waiters)
    if (outcome === null) counts.set(groupId, (counts.get(groupId) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count >= BACKLOG).map(([id]) => id));
});

export const lookAtBacklog: typeof redelivery.lookAtBacklog = async (db) => {
  if (!(await isBacklog(db))) return { isLong: false, busyGroups: new Set() };
  hit('backlog');
  return { isLong: true, busyGroups: await busyGroups(db) };
};

/** Confirmed, with the group's sources, of a VMM that some member has. */
export function isRight(tables: Tables, group: GroupRow | undefined, flow: FlowRow): boolean {
  if (group === undefined) return false;
  const vmms = tables.live(group.id).flatMap(places);
  const wanted = vmms.some((place) => place.propolisId === flow.propolisId);
  return flow.state === 'joined' && flow.sources === sourcesKey(group.sources) && wanted;
}

export const repairMembers: typeof repair.repairMembers = atomic((tables) => {
  const misfits = tables.members.filter((member) => {
    const instance = tables.instances.get(member.instanceId);
    if (member.deleted || instance === undefined) return false;
    const placed = samePlace(member.location, instance.place) && samePlace(member.target, instance.target);
    return instance.state === 'destroyed' || !placed;
  });
  const stuck = tables.members.filter((member) => {
    const group = tables.groups.get(member.groupId);
    return member.deleted && group !== undefined && group.requested === group.attempted && group.timeRetry === null;
  });
  for (const flow of tables.flows)
    if (flow.registering && (flow.timeBegun ?? 0) < now() - LIMITS.waitMs) flow.registering = false;
  const unasked = tables.flows.filter((flow) => {
    const group = tables.groups.get(flow.groupId);
    const calm = group !== undefined && group.requested === group.attempted && group.timeRetry === null;
    return calm && !flow.registering && tables.sleds.has(flow.sledId) && !isRight(tables, group, flow);
  });
  const requests = requestGroups(
    tables,
    [...misfits, ...stuck, ...unasked].map((row) => row.groupId),
  );
  for (const member of misfits) {
    const instance = tables.instances.get(member.instanceId);
    const gone = instance === undefined || instance.state === 'destroyed';
    const generation = requests.find((each) => each.groupId === member.groupId)?.request ?? member.generation;
    const place = gone ? null : instance.place;
    if (place !== null && place.propolisId !== member.location?.propolisId) member.state = 'joining';
    Object.assign(member, { deleted: gone, location: place, target: gone ? null : instance.target, generation });
  }
  return { repaired: misfits.length, tombstones: stuck.length, requests, more: false };
});
