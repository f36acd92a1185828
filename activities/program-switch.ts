/**
 * One group on one switch, made so. The heart of every round, forward and undo alike.
 *
 * Only the first attempt may believe the record: after a failure the result of the write is unknown, so the switch is read before
 * it is written again. An attempt ends as `left` when the switch is no longer what the round planned for (out of service, or restarted):
 * resync owes the rest. A foreign object in the way is never touched.
 */
import { activityInfo } from '@temporalio/activity';
import { CodedError, isCoded } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import type { SwitchTask } from '../domain/plan-round';
import type { ObservedGroup, SwitchConfig, SwitchEdit } from '../domain/switch-config';
import { ABSENT, observedOf, switchEdits, type Foreign } from '../domain/switch-edits';
import { HEALTH_SCHEDULE } from '../domain/workflow-ids';
import type { DpdClient } from '../dataplane/dpd/client';
import { demoteSwitch, findSwitch, isTorn, markTorn, type SwitchRow } from '../db/switch-service';
import type { Deps } from './deps';
import { asFailures, isUnreachable, textOf } from './failures';
import { beat } from './heartbeat';
import { countAcknowledged, countFailure } from './metrics';

export interface ProgramSwitch {
  groupId: string;
  ip: string;
  underlayIp: string;
  task: SwitchTask;
  /** A compensation: it does not give up while the switch is in service; if it cannot be done, the switch leaves service. */
  undo: boolean;
}

/** `left`: the switch is not in service any more, as the incarnation that was planned for. */
export type Programmed = { status: 'acknowledged'; writes: number } | { status: 'left' };

export function programSwitchActivities(deps: Deps) {
  return {
    async programSwitch(input: ProgramSwitch): Promise<Programmed> {
      const { task, undo } = input;
      const attempt = activityInfo().attempt;
      const last = attempt >= attemptsFor(input);
      try {
        return await attemptAt(deps, input, attempt);
      } catch (error) {
        // What it refuses concerns this group; what it cannot do, though it answers, concerns the switch.
        if (undo && last && isCoded(error, 'ServerError')) {
          await demoteSwitch(deps.db, task.switchId, `could not be restored: ${textOf(error)}`);
          return { status: 'left' };
        }
        // Whether a silent switch is given up is decided by its health, for as long as the round needs it.
        const wait = isUnreachable(error) && task.required;
        return await asFailures(task.name, last && !wait, () => Promise.reject(error));
      }
    },
  };
}

/** One attempt; throws the switch's error as it is. */
export async function attemptAt(
  { db, switches, temporal, log }: Deps,
  input: ProgramSwitch,
  attempt: number,
): Promise<Programmed> {
  const { task, groupId } = input;
  const row = await findSwitch(db, task.switchId);
  if (row === null || hasLeft(row, task)) return { status: 'left' };
  try {
    const torn = await isTorn(db, task.switchId, groupId);
    const writes = await converge(switches.at(row.address), input, attempt, torn);
    countAcknowledged(task.name, writes);
    return { status: 'acknowledged', writes };
  } catch (error) {
    countFailure(task.name, error);
    if (error instanceof HalfChanged) await markTorn(db, task.switchId, groupId);
    if (isUnreachable(error) && attempt === 1)
      temporal
        .trigger(HEALTH_SCHEDULE)
        .catch((reason: unknown) => log.debug({ reason: textOf(reason) }, 'health check not triggered'));
    throw error;
  }
}

function attemptsFor({ task, undo }: ProgramSwitch): number {
  if (!task.required) return LIMITS.resyncingAttempts;
  return undo ? LIMITS.undoAttempts : LIMITS.switchAttempts;
}

function hasLeft(row: SwitchRow, task: SwitchTask): boolean {
  return (
    row.service === 'unreachable' ||
    row.incarnation !== task.incarnation ||
    (task.required && row.service !== 'in_service')
  );
}

/** Reads if it must, then writes what differs. Returns the number of writes. */
async function converge(
  client: DpdClient,
  { ip, underlayIp, task }: ProgramSwitch,
  attempt: number,
  torn: boolean,
): Promise<number> {
  const read = () => {
    beat();
    return client.readGroup({ underlayIp, externalIp: ip });
  };
  const believed = attempt === 1 && !torn && task.known !== null ? observedOf(task.known.config) : await read();
  try {
    return await write(client, believed, task.desired, torn);
  } catch (error) {
    // The record was wrong: somebody else has changed the switch. What is there now decides.
    if (!isCoded(error, 'Conflict', 'Missing')) throw error;
    return write(client, await read(), task.desired, torn);
  }
}

async function write(
  client: DpdClient,
  actual: ObservedGroup,
  desired: SwitchConfig | null,
  torn: boolean,
): Promise<number> {
  const edits = torn ? recreation(actual, desired) : switchEdits(actual, desired);
  if (!Array.isArray(edits)) {
    const { ip, tag } = edits.foreign;
    throw new CodedError('ForeignObject', `${ip} is held by somebody else (tag ${tag})`);
  }
  for (const edit of edits) await applyEdit(client, edit);
  return edits.length;
}

/** A change of members that the daemon answered with an error may be half done, though it reports the old members. */
class HalfChanged extends CodedError {}

async function applyEdit(client: DpdClient, edit: SwitchEdit): Promise<void> {
  beat();
  try {
    await client.apply(edit);
  } catch (error) {
    if (edit.op === 'replaceMembers' && isCoded(error, 'ServerError', 'Refused'))
      throw new HalfChanged(error.code, error.message, { cause: error });
    throw error;
  }
}

/** Deletes what is there and creates what is wanted. */
function recreation(actual: ObservedGroup, desired: SwitchConfig | null): SwitchEdit[] | Foreign {
  const edits = switchEdits(actual, desired);
  if (!Array.isArray(edits)) return edits;
  const removal = switchEdits(actual, null);
  const creation = switchEdits(ABSENT, desired);
  return Array.isArray(removal) && Array.isArray(creation) ? [...removal, ...creation] : edits;
}
