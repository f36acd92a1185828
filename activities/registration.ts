/** VMM registration on the target sled: a step of `start` and `migrate`, only where the event carries the body. */
import { activityInfo } from '@temporalio/activity';
import { LIMITS } from '../domain/limits';
import { sourcesKey } from '../domain/plan-round';
import { forgetVmm, notePrepared } from '../db/flows';
import { membershipsForSled, registrationOf } from '../db/registrations';
import type { Deps } from './deps';
import { asFailures } from './failures';

export function registrationActivities({ db, sleds }: Deps) {
  return {
    /** The list of groups in the body only prepares the NIC: Joined still needs the switches and a join. */
    async registerVmm(input: { eventId: string }): Promise<void> {
      const registration = await registrationOf(db, input.eventId);
      if (registration === null || registration.late) return;
      const memberships = await membershipsForSled(db, registration.instanceId);
      const prepared = memberships.map((each) => ({
        groupId: each.group_id,
        groupIp: each.group_ip,
        sources: sourcesKey(each.sources),
      }));
      await notePrepared(db, registration, prepared);
      const groups = memberships.map(({ group_ip, sources }) => ({ group_ip, sources }));
      await asFailures(`sled ${registration.sledId}`, activityInfo().attempt >= LIMITS.sledAttempts, () =>
        sleds.at(registration.agentAddress).registerVmm(registration.propolisId, registration.body, groups),
      );
      // A round may have taken them back before the sled had them: then they are known again, and taken back again.
      await notePrepared(db, registration, prepared);
    },

    /** Only after a failed registration: a VM is never ended because a switch refused multicast. */
    async unregisterVmm(input: { eventId: string }): Promise<void> {
      const registration = await registrationOf(db, input.eventId);
      if (registration === null) return;
      await asFailures(`sled ${registration.sledId}`, false, () =>
        sleds.at(registration.agentAddress).unregisterVmm(registration.propolisId),
      );
      await forgetVmm(db, registration.propolisId);
    },
  };
}
