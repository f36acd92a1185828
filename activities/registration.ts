/** VMM registration on the target sled: a step of `start` and `migrate`, only where the event carries the body. */
import { activityInfo } from '@temporalio/activity';
import { LIMITS } from '../domain/limits';
import { beginRegistration, endRegistration, forgetVmm, registrationOf, type Registration } from '../db/registrations';
import type { SledAgentClient } from '../dataplane/sled-agent/client';
import type { Deps } from './deps';
import { asFailures } from './failures';

export function registrationActivities({ db, sleds }: Deps) {
  /** The list of groups in the body only prepares the NIC: Joined still needs the switches and a join. */
  async function register(agent: SledAgentClient, registration: Registration): Promise<void> {
    // One that comes too late only ends what an earlier attempt has begun.
    const prepared = registration.late ? [] : await beginRegistration(db, registration);
    if (!registration.late) {
      const groups = prepared.map(({ groupIp, sources }) => ({ group_ip: groupIp, sources }));
      await agent.registerVmm(registration.propolisId, registration.body, groups);
    }
    await endRegistration(db, registration, prepared);
  }

  return {
    async registerVmm(input: { eventId: string }): Promise<void> {
      const registration = await registrationOf(db, input.eventId);
      if (registration === null) return;
      await asFailures(`sled ${registration.sledId}`, activityInfo().attempt >= LIMITS.sledAttempts, () =>
        register(sleds.at(registration.agentAddress), registration),
      );
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
