/** The database side of a round: begin, restore, commit, and telling those who waited; and the first attempt at all of it. */
import { beginRound, planConfig, planRestore, type Restoration, type RoundStart } from '../db/begin-round';
import { commitRound, type Committed, type RoundEnd } from '../db/commit-round';
import { untoldGroups } from '../db/deliveries';
import { withdrawUpdate, type UpdateState } from '../db/group-updates';
import { recordRefusal } from '../db/switch-service';
import type { SwitchTask } from '../domain/plan-round';
import type { SwitchConfig } from '../domain/switch-config';
import { watchBacklog } from './backlog';
import type { Deps, Shared } from './deps';
import { countRound } from './metrics';
import { tellGroup } from './tell';
import { tryRound, type RoundDone } from './try-round';

export function roundActivities(deps: Deps, { awaited, claims, rounds }: Shared) {
  const { db, temporal } = deps;
  const teller = { db, temporal, awaited, telling: new Set<string>() };
  const backlog = watchBacklog(db, claims);
  return {
    /**
     * Begins a round and tries at once to bring it to its end: what does not come through at the first attempt is returned, for the
     * saga's own steps.
     */
    async beginRound(input: { groupId: string }): Promise<RoundStart | RoundDone> {
      await backlog.gathered(input.groupId);
      return rounds.take(async () => {
        const start = await beginRound(db, input.groupId);
        // Whoever committed the last round may have died before it told of it.
        if (start.kind === 'idle' || start.kind === 'gone') await tellGroup(teller, input.groupId);
        if (start.kind !== 'round' || deps.visibleSteps === true) return start;
        return tryRound(deps, teller, input.groupId, start);
      });
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
      for (const groupId of await untoldGroups(db)) count += await tellGroup(teller, groupId);
      return count;
    },

    /** Tells every run what its events have got. */
    async tellWaiters(input: { groupId: string }): Promise<number> {
      return tellGroup(teller, input.groupId);
    },
  };
}
