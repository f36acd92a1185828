/** The database side of a round: begin, restore, commit, and telling those who waited. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { beginRound, planConfig, planRestore, type Restoration, type RoundStart } from '../db/begin-round';
import { commitRound, type Committed, type RoundEnd } from '../db/commit-round';
import { markTold, untoldUpdates, withdrawUpdate, type UpdateState } from '../db/group-updates';
import { recordRefusal } from '../db/switch-service';
import { markDelivered, undelivered, untoldGroups } from '../db/waiters';
import type { SwitchTask } from '../domain/plan-round';
import type { SwitchConfig } from '../domain/switch-config';
import type { Deps } from './deps';
import { countRound } from './metrics';

export function roundActivities({ db, temporal }: Deps) {
  return {
    async beginRound(input: { groupId: string }): Promise<RoundStart> {
      return beginRound(db, input.groupId);
    },

    /** What a failed round goes back to. `reached` as JSON: absent = the last acknowledged configuration. */
    async planRestore(input: { groupId: string; round: number; reached?: SwitchConfig | null }): Promise<Restoration> {
      return planRestore(db, input.groupId, input.round, input.reached);
    },

    /** What each switch still lacks of this configuration. */
    async planConfig(input: { groupId: string; round: number; desired: SwitchConfig | null }): Promise<SwitchTask[]> {
      return planConfig(db, input.groupId, input.round, input.desired);
    },

    async recordRefusal(input: {
      switchId: string;
      groupId: string;
      port: string;
      incarnation: number;
      reason: string;
    }): Promise<void> {
      await recordRefusal(db, input);
    },

    /** Asks the group to bring the update that waits for it. */
    async wakeGroup(input: { id: string; ip: string; name: string }): Promise<void> {
      await temporal.wakeGroup(input);
    },

    /** Takes the update back, unless a round has it; says where it stands. Null when it has never existed. */
    async withdrawUpdate(input: { updateId: string }): Promise<{ state: UpdateState; reason: string | null } | null> {
      return withdrawUpdate(db, input.updateId);
    },

    /** Null when a newer round has begun: then this one has nothing to say any more. */
    async commitRound(input: RoundEnd): Promise<Committed | null> {
      const committed = await commitRound(db, input);
      if (committed !== null) countRound(input.outcome);
      return committed;
    },

    /** Tells what a round decided and its run did not live to tell. Returns how many. */
    async tellLate(): Promise<number> {
      let count = 0;
      for (const groupId of await untoldGroups(db)) count += await tell(groupId);
      return count;
    },

    /** Tells every run what its events have got. */
    async tellWaiters(input: { groupId: string }): Promise<number> {
      return tell(input.groupId);
    },
  };

  async function tell(groupId: string): Promise<number> {
    const deliveries = await undelivered(db, groupId);
    const told = await Promise.all(
      deliveries.map(async ({ workflowId, waits }) => {
        try {
          await temporal.tellOutcomes(workflowId, waits);
          return waits;
        } catch (error) {
          // The run is over, or has never existed: redelivery reads the row.
          if (error instanceof WorkflowNotFoundError) return [];
          throw error;
        }
      }),
    );
    await markDelivered(db, groupId, told.flat());
    return told.flat().length + (await tellUpdates(groupId));
  }

  /** An update whose workflow is over, or has never existed, has nobody to be told. */
  async function tellUpdates(groupId: string): Promise<number> {
    const outcomes = await untoldUpdates(db, groupId);
    await Promise.all(
      outcomes.map(({ updateId, ...outcome }) =>
        temporal.tellUpdate(updateId, outcome).catch((error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }),
      ),
    );
    await markTold(
      db,
      outcomes.map((outcome) => outcome.updateId),
    );
    return outcomes.length;
  }
}
