/**
 * The one writer of a group on the switches and on the sleds. Level-triggered: a round reads the rows, makes the switches and sleds
 * so, and commits; requests that come meanwhile are served together by the next round.
 *
 * A wake-up is never lost: the rows are compared again after the last round and once more before completing, and after that
 * comparison there is no await before the return.
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { LIMITS } from '../domain/limits';
import { WAKE_SIGNAL } from '../domain/workflow-ids';
import type { Activities } from '../activities';
import { attempt, rows } from './proxies';
import { runRound } from './round';
import { Story } from './story';

type Start = Awaited<ReturnType<Activities['beginRound']>>;

export interface GroupConvergeInput {
  groupId: string;
  ip: string;
}

export async function groupConverge(input: GroupConvergeInput): Promise<{ rounds: number }> {
  let woken = false;
  setHandler(defineSignal(WAKE_SIGNAL), () => {
    woken = true;
  });
  let rounds = 0;
  let lingered = false;
  for (;;) {
    woken = false;
    const start = await attempt.beginRound({ groupId: input.groupId });
    if (start.kind === 'round') setCurrentDetails(await runRound(input.groupId, start));
    if (start.kind === 'done') await conclude(input.groupId, start);
    if (start.kind === 'round' || start.kind === 'done') {
      rounds += 1;
      lingered = false;
      if (isLong()) await continueAsNew<typeof groupConverge>(input);
      if (start.kind === 'round' || start.retryInMs === 0) continue;
    }
    const pause = pauseAfter(start, lingered);
    if (pause === null) {
      if (woken) continue;
      return { rounds };
    }
    await condition(() => woken, pause.ms);
    lingered = !pause.retry;
  }
}

/** A round that came through at the first attempt: what it did is shown, and told to whoever it could not tell itself. */
async function conclude(groupId: string, { name, ip, story, untold }: Extract<Start, { kind: 'done' }>): Promise<void> {
  setCurrentDetails(new Story(`${name} ${ip}`, story).text());
  if (untold) await rows.tellWaiters({ groupId });
}

/** How long to wait for more before looking again; null = complete. A retry that is far off is left to reconciliation. */
function pauseAfter(start: Start, lingered: boolean): { ms: number; retry: boolean } | null {
  if (start.kind === 'gone' || start.kind === 'disabled') return null;
  if (start.kind === 'done' && start.gone) return null;
  const retry = 'retryInMs' in start ? start.retryInMs : null;
  if (retry !== null && retry <= LIMITS.retryInWorkflowMs) return { ms: Math.max(50, Math.ceil(retry)), retry: true };
  return lingered ? null : { ms: LIMITS.lingerMs, retry: false };
}

function isLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > LIMITS.historyEvents;
}
