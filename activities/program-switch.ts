/**
 * One group on one switch, made so. The heart of every round, forward and undo alike.
 *
 * Only the first attempt may believe the record: after a failure the result of the write is unknown, so the switch is read before
 * it is written again. A change of members is written down before it is asked for, because one that ends half-way does not show.
 * An attempt ends as `left` when the switch is no longer what the round planned for (out of service, or restarted): resync owes the
 * rest. A foreign object in the way is never touched.
 */
import { activityInfo } from '@temporalio/activity';
import { CodedError, isCoded } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import type { SwitchTask } from '../domain/plan-round';
import type { ObservedGroup, PortMember, SwitchEdit } from '../domain/switch-config';
import { observedOf, repairingEdits } from '../domain/switch-edits';
import { HEALTH_SCHEDULE } from '../domain/workflow-ids';
import type { DpdClient } from '../dataplane/dpd/client';
import { noteMembersAsked } from '../db/receipts';
import { demoteSwitch, findSwitchFor, type SwitchRow } from '../db/switch-service';
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

/** `left`: the switch is not in service any more, as the incarnation that was planned for; or a newer round has been there. */
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
  const found = await findSwitchFor(db, task.switchId, groupId);
  if (found === null || hasLeft(found.row, task)) return { status: 'left' };
  try {
    const note = (members: PortMember[]) => noteMembersAsked(db, task.switchId, groupId, members);
    const writer = new Writer(switches.at(found.row.address), input, found.asked, note);
    const writes = await writer.converge(attempt === 1);
    if (writes === null) return { status: 'left' };
    countAcknowledged(task.name, writes);
    return { status: 'acknowledged', writes };
  } catch (error) {
    countFailure(task.name, error);
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

class Writer {
  /** The edit that was last asked for. */
  #last: SwitchEdit['op'] | null = null;

  constructor(
    private readonly client: DpdClient,
    private readonly input: ProgramSwitch,
    /** Members of a change of which nobody knows how it ended: an earlier one, or ours while it is under way. */
    private asked: PortMember[] | null,
    private readonly note: (members: PortMember[]) => Promise<boolean>,
  ) {}

  /** Reads if it must, then writes what differs. Returns the number of writes; null when nothing may be written any more. */
  async converge(first: boolean): Promise<number | null> {
    const { known } = this.input.task;
    const believed = first && this.asked === null && known !== null;
    try {
      return await this.#write(believed ? observedOf(known.config) : await this.#read());
    } catch (error) {
      // The record was wrong: somebody else, or a write that came late, has changed the switch. What is there now decides.
      if (!isCoded(error, 'Conflict', 'Missing', 'Refused')) throw error;
      const actual = await this.#read();
      if (error.code === 'Refused' && !this.#isUndermined(actual)) throw error;
      return this.#write(actual);
    }
  }

  /** Whether the last edit could only be refused, because what it stands on has gone, or what it removes is in use again. */
  #isUndermined({ underlay, external }: ObservedGroup): boolean {
    if (this.#last === 'createExternal' || this.#last === 'replaceExternal') return underlay === null;
    return this.#last === 'deleteUnderlay' && external !== null;
  }

  #read(): Promise<ObservedGroup> {
    beat();
    const { underlayIp, ip: externalIp } = this.input;
    return this.client.readGroup({ underlayIp, externalIp });
  }

  async #write(actual: ObservedGroup): Promise<number | null> {
    const edits = repairingEdits(actual, this.input.task.desired, this.asked);
    if (!Array.isArray(edits)) {
      const { ip, tag } = edits.foreign;
      throw new CodedError('ForeignObject', `${ip} is held by somebody else (tag ${tag})`);
    }
    for (const edit of edits) {
      beat();
      this.#last = edit.op;
      // Written down first: whoever comes after us, if we do not come back, knows that the members may be half changed.
      if (edit.op === 'replaceMembers') {
        if (!(await this.note(edit.members))) return null;
        this.asked = edit.members;
      }
      await this.client.apply(edit);
      if (edit.op === 'replaceMembers') this.asked = null;
    }
    return edits.length;
  }
}
