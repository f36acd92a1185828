/** Flows on one sled, as a step that can be seen: tried again within its bound. The round goes on without what the sled did not answer. */
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { LIMITS } from '../domain/limits';
import { retireFlows } from '../db/flows';
import { askSleds } from './ask-sleds';
import type { Deps } from './deps';

export interface FlowsOnSled {
  groupId: string;
  sledId: string;
}

export function flowActivities(deps: Deps) {
  /** Asks for every flow in that state; returns how many the sled has confirmed. */
  async function ask({ groupId, sledId }: FlowsOnSled, state: 'joining' | 'leaving'): Promise<number> {
    const [answer] = await askSleds(deps, groupId, [sledId], state);
    if (answer === undefined || answer.failure === null) return answer?.flows ?? 0;
    const { code, message, retry } = answer.failure;
    const last = activityInfo().attempt >= LIMITS.sledAttempts;
    throw ApplicationFailure.create({
      type: code,
      message: `sled ${sledId}: ${message}`,
      nonRetryable: last || !retry,
    });
  }
  return {
    async activateFlows(input: FlowsOnSled): Promise<number> {
      return ask(input, 'joining');
    },
    /** Marks flows with old sources to be left, where the new ones are in; returns the sleds to ask. */
    async retireFlows(input: { groupId: string; sources: string; round: number }): Promise<string[]> {
      return retireFlows(deps.db, input.groupId, input.sources, input.round);
    },
    async deactivateFlows(input: FlowsOnSled): Promise<number> {
      return ask(input, 'leaving');
    },
  };
}
