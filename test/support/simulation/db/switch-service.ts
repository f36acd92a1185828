/** States `db/switch-service.ts`, and what activities ask of `db/receipts.ts`, again. */
import type * as receipts from '../../../../db/receipts';
import type * as real from '../../../../db/switch-service';
import { LIMITS } from '../../../../domain/limits';
import { atomic, now, type GroupRow, type SwitchStateRow, type Tables } from '../tables';
import { requestGroups } from './requests';

function toRow(row: SwitchStateRow): real.SwitchRow {
  const { uptime, timeLastSeen, timeUnswept: _, multicast: __, ...rest } = row;
  const lastSeen =
    uptime === null || timeLastSeen === null ? null : { uptime, secondsAgo: (now() - timeLastSeen) / 1_000 };
  return { ...rest, lastSeen };
}

export const allSwitches: typeof real.allSwitches = atomic((tables) => [...tables.switches.values()].map(toRow));

export const findSwitch: typeof real.findSwitch = atomic((tables, id: string) => {
  const row = tables.switches.get(id);
  return row === undefined ? null : toRow(row);
});

export const storeSwitch: typeof real.storeSwitch = atomic((tables, seen, change, sweptSince = null) => {
  const row = tables.switches.get(seen.id);
  if (row === undefined || row.service !== seen.service || row.incarnation !== seen.incarnation) return false;
  const { service, incarnation, failures, ports, multicast, lastError, uptime } = change;
  const isSwept = sweptSince === null ? row.swept : Number(sweptSince) > (row.timeUnswept ?? -1);
  const swept = change.swept && isSwept;
  const before = row.service;
  Object.assign(row, { service, incarnation, failures, ports, swept, multicast, lastError });
  if (uptime !== null) Object.assign(row, { uptime, timeLastSeen: now() });
  if (before !== service && service !== 'in_service') distrust(tables, row.id);
  return true;
});

export const demoteSwitch: typeof real.demoteSwitch = atomic((tables, id: string, reason: string) => {
  const row = tables.switches.get(id);
  if (row?.service === 'in_service') Object.assign(row, { service: 'resyncing', swept: false, lastError: reason });
  distrust(tables, id);
});

function distrust(tables: Tables, id: string): void {
  for (const ack of tables.acks)
    if (ack.switchId === id && !ack.suspect) Object.assign(ack, { suspect: true, timeModified: now() });
}

function behind(tables: Tables, id: string): GroupRow[] {
  const facing = tables.switches.get(id);
  return [...tables.groups.values()].filter((group) => {
    const ack = tables.ack(id, group.id);
    const current = ack?.incarnation === facing?.incarnation;
    if (group.round === 0) return false;
    return (ack === undefined || ack.suspect || !current) && !(ack?.refused === true && current);
  });
}

export const groupsUnderWay: typeof real.groupsUnderWay = atomic((tables, id: string) => {
  const underWay = (groups: GroupRow[]) => groups.filter((group) => group.requested > group.attempted).length;
  return { all: underWay([...tables.groups.values()]), behind: underWay(behind(tables, id)) };
});

export const requestBehind: typeof real.requestBehind = atomic((tables, id: string) => {
  const late = now() - LIMITS.behindAgainMs;
  const due = behind(tables, id).filter((group) => {
    const erred = tables.ack(id, group.id)?.timeLastError ?? null;
    return group.requested === group.attempted && (erred === null || erred < late);
  });
  return requestGroups(
    tables,
    due.map((group) => group.id),
  );
});

export const promoteSwitch: typeof real.promoteSwitch = atomic((tables, id: string, incarnation: number) => {
  const row = tables.switches.get(id);
  if (row?.service !== 'resyncing' || row.incarnation !== incarnation || !row.swept || !row.multicast) return false;
  if (behind(tables, id).length > 0) return false;
  Object.assign(row, { service: 'in_service', lastError: null });
  const isOver = (each: real.PortRefusal) => each.switchId === id && each.incarnation !== incarnation;
  const refused = new Set(tables.refusals.filter(isOver).map((each) => each.groupId));
  tables.refusals = tables.refusals.filter((each) => !isOver(each));
  for (const group of tables.groups.values())
    if (group.timeRetry !== null || refused.has(group.id) || tables.ack(id, group.id)?.suspect === true)
      group.timeRetry = now();
  return true;
});

export const dirtyGroups: typeof real.dirtyGroups = atomic((tables, after: string) =>
  [...tables.groups.values()]
    .filter(
      (group) =>
        (group.requested > group.attempted || (group.timeRetry !== null && group.timeRetry <= now())) &&
        group.id > after,
    )
    .map(({ id, ip, name }) => ({ id, ip, name })),
);

export const recordRefusal: typeof real.recordRefusal = atomic((tables, refusal) => {
  const same = (each: real.PortRefusal) =>
    each.switchId === refusal.switchId && each.groupId === refusal.groupId && each.port === refusal.port;
  tables.refusals = [...tables.refusals.filter((each) => !same(each)), { ...refusal }];
});

export const findSwitchFor: typeof real.findSwitchFor = atomic((tables, id: string, groupId: string) => {
  const row = tables.switches.get(id);
  return row === undefined ? null : { row: toRow(row), asked: tables.ack(id, groupId)?.asked ?? null };
});

export const noteMembersAsked: typeof receipts.noteMembersAsked = atomic(
  (tables, switchId: string, groupId: string, members) => {
    const ack = tables.ack(switchId, groupId);
    if (ack?.suspect !== true) return false;
    Object.assign(ack, { asked: members, timeModified: now() });
    return true;
  },
);
