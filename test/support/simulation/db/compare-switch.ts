/** States `db/compare-switch.ts` again. */
import type * as real from '../../../../db/compare-switch';
import type { FoundDrift } from '../../../../db/drift';
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
      const row = { groupId: group.id, config: ack?.config ?? null, unsure };
      return [
        { ...row, ip: group.ip, kind: 'external' as const },
        { ...row, ip: group.underlayIp, kind: 'underlay' as const },
      ].filter((each) => within(each.ip));
    });
  },
);

export const databaseTime: typeof real.databaseTime = atomic(() => String(now()));

export const markDifferent: typeof real.markDifferent = atomic(
  (tables, switchId: string, found: FoundDrift[], before: string) => {
    const ids = [...new Set(found.map((each) => each.groupId))].filter((id) => {
      const ack = tables.ack(switchId, id);
      if (ack === undefined || ack.suspect || ack.timeModified >= Number(before)) return false;
      Object.assign(ack, { suspect: true, timeModified: now() });
      return true;
    });
    return requestGroups(tables, ids);
  },
);

export const livingGroups: typeof real.livingGroups = atomic(
  (tables, ids: string[]) => new Set(ids.filter((id) => tables.groups.has(id))),
);
