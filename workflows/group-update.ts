/**
 * A group's name, description or sources change, all-new or all-old everywhere. The change is a row in the group's queue; this saga
 * asks for a round and waits for what becomes of it, and takes the row back if no round comes.
 */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { LIMITS } from '../domain/limits';
import { OUTCOMES_SIGNAL } from '../domain/workflow-ids';
import { rows } from './proxies';

export interface GroupUpdateInput {
  updateId: string;
  group: { id: string; ip: string; name: string };
}

interface Told {
  outcome: 'served' | 'failed' | 'refused';
  reason: string | null;
}

/** `pending`: a round has it, and the bound came first. */
export interface GroupUpdateOutput {
  outcome: Told['outcome'] | 'withdrawn' | 'pending';
  reason: string | null;
}

export async function groupUpdate({ updateId, group }: GroupUpdateInput): Promise<GroupUpdateOutput> {
  const inbox: Told[] = [];
  setHandler(defineSignal<[Told]>(OUTCOMES_SIGNAL), (outcome) => {
    inbox.push(outcome);
  });
  await rows.wakeGroup(group);
  await condition(() => inbox.length > 0, LIMITS.updateWaitMs);
  const told = inbox[0];
  if (told !== undefined) return told;
  const standing = await rows.withdrawUpdate({ updateId });
  if (standing === null) return { outcome: 'withdrawn', reason: 'the update is unknown' };
  const { state, reason } = standing;
  return { outcome: state === 'taken' || state === 'pending' ? 'pending' : state, reason };
}
