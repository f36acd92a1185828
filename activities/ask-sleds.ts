/**
 * Flows of one group on some sleds, asked for all at once. Which flows are asked is read when the attempt begins, so a late one never asks
 * for what is no longer wanted. A slow or silent sled delays only its own members: what it did not answer keeps the reason.
 */
import { sleep } from '@temporalio/activity';
import { CodedError, ERRORS, type ErrorCode } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import { flowsToAsk, storeJoined, storeLeft, type FlowAnswer, type FlowTask } from '../db/flows';
import type { SledAgentClient } from '../dataplane/sled-agent/client';
import type { Deps } from './deps';
import { isUnreachable, textOf } from './failures';
import { beat } from './heartbeat';

export interface SledAnswer {
  sledId: string;
  /** How many it was asked for. */
  flows: number;
  /** Of the first that it did not confirm. */
  failure: { code: ErrorCode; message: string; retry: boolean } | null;
}

type Answer = FlowAnswer & { code?: ErrorCode; retry?: boolean };

/** Answers are stored at least this often: an attempt that runs out of time keeps what it has. */
const STORE_EVERY_MS = 250;

/** `slow` is called once, after `slowSledMs`, if sleds are still to answer; what the others said is stored by then. */
export async function askSleds(
  { db, sleds }: Pick<Deps, 'db' | 'sleds'>,
  groupId: string,
  sledIds: string[],
  state: 'joining' | 'leaving',
  slow?: () => Promise<void>,
): Promise<SledAnswer[]> {
  if (sledIds.length === 0) return [];
  const tasks = await flowsToAsk(db, groupId, sledIds, state);
  const unsaved: Answer[] = [];
  const save = () => (state === 'joining' ? storeJoined : storeLeft)(db, groupId, unsaved.splice(0));
  const asking = Promise.all(
    sledIds.map(async (sledId): Promise<SledAnswer> => {
      const flows = tasks.filter((task) => task.sledId === sledId);
      const answers = await askSled(sleds, flows, state, (some) => unsaved.push(...some));
      const { code, retry, reason } = answers.find((answer) => !answer.done) ?? {};
      const failure = reason === undefined ? null : { code: code ?? 'Refused', message: reason ?? 'no answer', retry };
      return { sledId, flows: flows.length, failure: failure && { ...failure, retry: failure.retry === true } };
    }),
  );
  for (let waited = 0; !(await within(STORE_EVERY_MS, asking)); waited += STORE_EVERY_MS) {
    beat();
    await save();
    if (waited < LIMITS.slowSledMs && waited + STORE_EVERY_MS >= LIMITS.slowSledMs) await slow?.();
  }
  const answers = await asking;
  await save();
  return answers;
}

/**
 * Whether it is over by then. An attempt whose time is over stays for its calls: what they have brought to a NIC has to be written down,
 * since a newer attempt may have asked for the opposite. A failure of the work is left to whoever awaits it.
 */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = work.then(
    () => true,
    () => true,
  );
  return Promise.race([
    over,
    sleep(ms).then(
      () => false,
      () => over,
    ),
  ]);
}

async function askSled(
  sleds: Deps['sleds'],
  flows: FlowTask[],
  state: 'joining' | 'leaving',
  note: (answers: Answer[]) => void,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const say = (some: Answer[]) => {
    answers.push(...some);
    note(some);
  };
  const address = flows[0]?.address ?? null;
  if (address === null) {
    // A sled that is gone has no flows.
    const done = state === 'leaving';
    say(flows.map((flow) => ({ ...answerOf(flow), done, reason: 'the sled is not registered' })));
    return answers;
  }
  const until = performance.now() + LIMITS.sledAttemptMs;
  for (let from = 0; from < flows.length; from += LIMITS.sledConnections) {
    if (performance.now() > until) {
      const late = {
        done: false,
        reason: 'the sled is slow: there was no time to ask',
        code: 'Unreachable',
        retry: true,
      } as const;
      say(flows.slice(from).map((flow) => ({ ...answerOf(flow), ...late })));
      break;
    }
    const chunk = flows.slice(from, from + LIMITS.sledConnections);
    const said = await Promise.all(chunk.map((flow) => askOne(sleds.at(address), flow, state)));
    say(said);
    const silent = said.find((answer) => answer.code === 'Unreachable');
    if (silent === undefined) continue;
    // One silence speaks for the rest: they would only wait as long.
    const rest = flows.slice(from + chunk.length);
    say(rest.map((flow) => ({ ...silent, ...answerOf(flow), reason: silent.reason, done: false })));
    break;
  }
  return answers;
}

function answerOf(flow: FlowTask): Answer {
  const { sledId, propolisId, groupIp, sources } = flow;
  return { sledId, propolisId, groupIp, sources: sources.join(','), reason: null, done: true };
}

async function askOne(client: SledAgentClient, flow: FlowTask, state: 'joining' | 'leaving'): Promise<Answer> {
  const membership = { group_ip: flow.groupIp, sources: flow.sources };
  try {
    const said =
      state === 'joining'
        ? await client.joinGroup(flow.propolisId, membership)
        : await client.leaveGroup(flow.propolisId, membership);
    const remark = said === 'not_supported' ? 'the sled agent speaks version 4: it is not told about groups' : null;
    return { ...answerOf(flow), reason: remark };
  } catch (error) {
    const code = error instanceof CodedError ? error.code : 'ServerError';
    const retry = isUnreachable(error) || ERRORS[code].retry;
    return { ...answerOf(flow), done: false, reason: textOf(error), code, retry };
  }
}
