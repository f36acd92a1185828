/**
 * Flows on one sled. A slow or silent sled delays only its own members: what it did not answer keeps the reason, and the round goes
 * on. Which flows are asked is read when the attempt begins, so a late attempt never asks for what is no longer wanted.
 */
import { activityInfo, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { CodedError, ERRORS } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import { flowsToAsk, retireFlows, storeJoined, storeLeft, type FlowAnswer, type FlowTask } from '../db/flows';
import { sledAddress } from '../db/registrations';
import type { SledAgentClient } from '../dataplane/sled-agent/client';
import type { Deps } from './deps';
import { isUnreachable, textOf } from './failures';

export interface FlowsOnSled {
  groupId: string;
  sledId: string;
}

export function flowActivities({ db, sleds }: Deps) {
  /** Asks for every flow in that state; returns how many the sled has confirmed. */
  async function ask(input: FlowsOnSled, state: 'joining' | 'leaving'): Promise<number> {
    const flows = await flowsToAsk(db, input.groupId, input.sledId, state);
    if (flows.length === 0) return 0;
    const address = await sledAddress(db, input.sledId);
    const { groupId, sledId } = input;
    const store = (answers: Answer[]) =>
      state === 'joining' ? storeJoined(db, groupId, sledId, answers) : storeLeft(db, groupId, answers);
    const answers =
      address === null ? unregistered(flows, state) : await askAll(sleds.at(address), flows, state, store);
    if (address === null) await store(answers);
    const failed = answers.find((answer) => !answer.done);
    if (failed === undefined) return answers.length;
    const last = activityInfo().attempt >= LIMITS.sledAttempts;
    throw ApplicationFailure.create({
      type: failed.code ?? 'Refused',
      message: `sled ${input.sledId}: ${failed.reason ?? 'no answer'}`,
      nonRetryable: last || failed.retry !== true,
    });
  }
  return {
    async activateFlows(input: FlowsOnSled): Promise<number> {
      return ask(input, 'joining');
    },
    /** Marks flows with old sources to be left, where the new ones are in; returns the sleds to ask. */
    async retireFlows(input: { groupId: string; sources: string; round: number }): Promise<string[]> {
      return retireFlows(db, input.groupId, input.sources, input.round);
    },
    async deactivateFlows(input: FlowsOnSled): Promise<number> {
      return ask(input, 'leaving');
    },
  };
}

type Answer = FlowAnswer & { code?: string; retry?: boolean };

function answerOf(flow: FlowTask): Answer {
  return {
    propolisId: flow.propolisId,
    groupIp: flow.groupIp,
    sources: flow.sources.join(','),
    reason: null,
    done: true,
  };
}

function unregistered(flows: FlowTask[], state: 'joining' | 'leaving'): Answer[] {
  return flows.map((flow) => ({ ...answerOf(flow), done: state === 'leaving', reason: 'the sled is not registered' }));
}

/** Answers are stored as they come: an attempt that runs out of time keeps what it has. */
async function askAll(
  client: SledAgentClient,
  flows: FlowTask[],
  state: 'joining' | 'leaving',
  store: (answers: Answer[]) => Promise<void>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let from = 0; from < flows.length; from += LIMITS.sledConnections) {
    heartbeat();
    const chunk = flows.slice(from, from + LIMITS.sledConnections);
    const said = await Promise.all(chunk.map((flow) => askOne(client, flow, state)));
    await store(said);
    answers.push(...said);
    const silent = said.find((answer) => answer.code === 'Unreachable');
    if (silent === undefined) continue;
    // One silence speaks for the rest: they would only wait as long.
    const rest = flows
      .slice(from + chunk.length)
      .map((flow) => ({ ...silent, ...answerOf(flow), reason: silent.reason, done: false }));
    await store(rest);
    return [...answers, ...rest];
  }
  return answers;
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
