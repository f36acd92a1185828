/** States `db/compare-switch.ts` again. */
import type * as real from '../../../../db/compare-switch';
import { compareAddresses } from '../addresses';
import { atomic, now } from '../tables';
import { requestGroups } from './requests';

export const believedBetween: typeof real.believedBetween = atomic(
  (tables, switchId: string, after: string | null, upTo: string | null) => {
    const facing = tables.switches.get(switchId);
    const within = (ip: string) =>
      (after === null || compareAddresses(ip, after) > 0) && (upTo === null || compareAddresses(ip, upTo) <= 0);
    return [...tables.groups.values()].flatMap((group): real.Believed[] => {
      const ack = tables.ack(switchId, group.id);
      const unsure =
        ack === undefined ||
        ack.suspect ||
        ack.incarnation !== facing?.incarnation ||
        group.requested > group.attempted;
      const row = { groupId: group.id, groupIp: group.ip, config: ack?.config ?? null, unsure };
      return [
        { ...row, ip: group.ip, kind: 'external' as const },
        { ...row, ip: group.underlayIp, kind: 'underlay' as const },
      ].filter((each) => within(each.ip));
    });
  },
);

export const databaseTime: typeof real.databaseTime = atomic(() => String(now()));

export const markDifferent: typeof real.markDifferent = atomic(
  (tables, switchId: string, found: real.DifferingGroup[]) => {
    const marked = found.filter(({ groupId, before }) => {
      const ack = tables.ack(switchId, groupId);
      if (ack === undefined || ack.suspect || ack.timeModified >= Number(before)) return false;
      Object.assign(ack, { suspect: true, timeModified: now() });
      return true;
    });
    return requestGroups(
      tables,
      marked.map((each) => each.groupId),
    );
  },
);

export const addressesOfGroups: typeof real.addressesOfGroups = atomic((tables, ips: string[]) => {
  const held = new Set([...tables.groups.values()].flatMap((group) => [group.ip, group.underlayIp]));
  return new Set(ips.filter((ip) => held.has(ip)));
});
