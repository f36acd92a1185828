/** States `db/instance-moves.ts` again. */
import type * as real from '../../../../db/instance-moves';
import type { GroupRequest } from '../../../../db/requests';
import { stage } from '../stage';
import { atomic, type EventRow, type InstanceRow, type MemberRow, type Tables } from '../tables';
import { requestGroups } from './requests';
import { insertWaiters } from './waiters';

interface Migration {
  event: EventRow;
  instance: InstanceRow;
  vmm: string;
}

function underWay(tables: Tables, eventIds: string[], holds: (event: EventRow) => boolean): Migration[] {
  return eventIds.flatMap((id) => {
    const event = tables.events.get(id);
    const instance = tables.instances.get(event?.instanceId ?? '');
    const vmm = event?.body.target?.propolis_id;
    if (event === undefined || instance === undefined || vmm === undefined) return [];
    return event.applied && instance.target?.propolisId === vmm && holds(event) ? [{ event, instance, vmm }] : [];
  });
}

const notOvertaken = (event: EventRow) => event.supersededBy === null;

const migrating = (tables: Tables, moving: Migration[]): MemberRow[] =>
  tables.members.filter(
    (member) => !member.deleted && moving.some((migration) => migration.vmm === member.target?.propolisId),
  );

function stamp(rows: MemberRow[], requests: GroupRequest[], change: (row: MemberRow) => Partial<MemberRow>): void {
  for (const row of rows) {
    const request = requests.find((each) => each.groupId === row.groupId);
    if (request !== undefined) Object.assign(row, change(row), { generation: request.request });
  }
}

export const moveToTarget: typeof real.moveToTarget = atomic((tables, eventIds: string[]) => {
  const received = (event: EventRow) =>
    tables.waiters.every((waiter) => waiter.eventId !== event.id || waiter.outcome === 'served');
  const moving = underWay(tables, eventIds, received);
  const rows = migrating(tables, moving);
  const requests = requestGroups(
    tables,
    rows.map((row) => row.groupId),
  );
  stamp(rows, requests, (row) => ({ location: row.target, target: null }));
  for (const { instance } of moving) Object.assign(instance, { place: instance.target, target: null });
  insertWaiters(
    tables,
    moving.flatMap(({ event, instance }) =>
      requests
        .filter(({ groupId }) => tables.live(groupId).some((member) => member.instanceId === instance.id))
        .map(({ groupId }) => ({ eventId: event.id, groupId, instanceId: instance.id })),
    ),
  );
  return requests;
});

export const withdrawTarget: typeof real.withdrawTarget = atomic((tables, eventIds: string[]) => {
  if (stage().defect === 'target not withdrawn') return [];
  const moving = underWay(tables, eventIds, notOvertaken);
  const rows = migrating(tables, moving);
  const requests = requestGroups(
    tables,
    rows.map((row) => row.groupId),
  );
  stamp(rows, requests, () => ({ target: null }));
  for (const { instance } of moving) instance.target = null;
  return requests;
});

export const stillMigrating: typeof real.stillMigrating = atomic((tables, eventIds: string[]) =>
  underWay(tables, eventIds, notOvertaken).map((migration) => migration.event.id),
);

export const withdrawMemberships: typeof real.withdrawMemberships = atomic((tables, eventIds: string[]) => {
  const rows = tables.members.filter((row) => !row.deleted && eventIds.includes(row.createdBy ?? ''));
  const requests = requestGroups(
    tables,
    rows.map((row) => row.groupId),
  );
  stamp(rows, requests, () => ({ deleted: true, location: null, target: null }));
  return requests;
});

export const withdrawStart: typeof real.withdrawStart = atomic((tables, eventIds: string[]) => {
  const started = eventIds.flatMap((id) => {
    const event = tables.events.get(id);
    const instance = tables.instances.get(event?.instanceId ?? '');
    if (event?.kind !== 'start' || !event.applied || !notOvertaken(event)) return [];
    return instance?.place?.propolisId === event.body.propolis_id && instance !== undefined ? [instance] : [];
  });
  const vmms = started.map((instance) => instance.place?.propolisId);
  const rows = tables.members.filter((row) => !row.deleted && row.location && vmms.includes(row.location.propolisId));
  const requests = requestGroups(
    tables,
    rows.map((row) => row.groupId),
  );
  stamp(rows, requests, () => ({ location: null, target: null }));
  for (const instance of started) Object.assign(instance, { state: 'stopped', place: null, target: null });
  return requests;
});
