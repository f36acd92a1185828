/** States `db/commit-round.ts`, `db/receipts.ts` and `db/remove-group.ts` again. */
import type * as real from '../../../../db/commit-round';
import { LIMITS } from '../../../../domain/limits';
import { sameConfig, sourcesKey } from '../../../../domain/plan-round';
import { retryPause } from '../../../../domain/retry';
import { stage } from '../stage';
import { checkCommitted, checkJudged } from '../truth';
import { atomic, now, type GroupRow, type Tables } from '../tables';
import { queuedUpdates, refuseUpdates, settleUpdate } from './group-updates';
import { judgeMembers, judgeWaiters } from './judge';

export const commitRound: typeof real.commitRound = atomic((tables, believed: real.RoundEnd): real.Committed | null => {
  const group = tables.groups.get(believed.groupId);
  if (group === undefined) return null;
  if (group.round !== believed.round && stage().defect !== 'round number not compared') return null;
  const changed = believed.settled && !sameConfig(group.config, believed.final);
  storeReceipts(tables, group, believed, changed ? 1 : 0);
  const end = confirmed(tables, believed);
  if (end.settled) checkCommitted(tables, group, end);
  if (end.partial) {
    const members = judgeMembers(tables, end, sourcesKey(group.sources));
    judgeWaiters(tables, end, sourcesKey(group.sources));
    return { members, outcome: end.outcome, reason: end.reason, gone: false, retryInMs: null };
  }
  if (end.settled && changed) acknowledgeUnwritten(tables, group);
  return finish(tables, end, group, changed && end.settled);
});

function storeReceipts(tables: Tables, group: GroupRow, { round, receipts }: real.RoundEnd, more: number): void {
  for (const receipt of receipts) {
    const ack = tables.ack(receipt.switchId, group.id);
    const facing = tables.switches.get(receipt.switchId);
    if (ack === undefined || facing === undefined || ack.round !== round) continue;
    const { acknowledged, refused, incarnation, config, error } = receipt;
    const restarted = incarnation !== facing.incarnation && stage().defect !== 'incarnation not compared';
    if (acknowledged) Object.assign(ack, { config, configGeneration: group.configGeneration + more, asked: null });
    if (acknowledged || refused)
      ack.incarnation = stage().defect === 'incarnation not compared' ? facing.incarnation : incarnation;
    ack.suspect = !acknowledged || restarted || facing.service === 'unreachable';
    ack.refused = refused;
    if (error !== null) ack.timeLastError = now();
    ack.timeModified = now();
  }
}

function acknowledgeUnwritten(tables: Tables, group: GroupRow): void {
  for (const ack of tables.acks)
    if (
      ack.groupId === group.id &&
      !ack.suspect &&
      ack.incarnation === tables.switches.get(ack.switchId)?.incarnation &&
      ack.configGeneration <= group.configGeneration
    )
      ack.configGeneration = group.configGeneration + 1;
}

function confirmed(tables: Tables, end: real.RoundEnd): real.RoundEnd {
  if (!end.settled) return end;
  const required = [...tables.switches.values()].filter((facing) => facing.service === 'in_service');
  const lacking = required.filter((facing) => {
    const ack = tables.ack(facing.id, end.groupId);
    return ack === undefined || ack.suspect || ack.incarnation !== facing.incarnation;
  });
  if (required.length > 0 && lacking.length === 0) return end;
  const reason = end.reason ?? (lacking.map((each) => `switch${each.slot} lacks it`).join(', ') || 'no switch');
  const undecided = end.outcome === 'served';
  return { ...end, settled: false, undecided, outcome: undecided ? 'failed' : end.outcome, reason };
}

function finish(tables: Tables, end: real.RoundEnd, group: GroupRow, changed: boolean): real.Committed {
  const updated = !end.undecided && settleUpdate(tables, group.id, end.round, end.outcome, end.reason);
  const sources = sourcesKey(group.sources);
  const members = judgeMembers(tables, end, sources);
  const alone = updated && end.outcome !== 'served';
  if (!alone && !end.undecided) judgeWaiters(tables, end, sources);
  checkJudged(tables, group, end);
  const removed = group.state === 'deleting' && end.final === null && end.outcome === 'served' && end.settled;
  const owed = tables.flows.some(
    (flow) =>
      flow.groupId === group.id &&
      tables.sleds.has(flow.sledId) &&
      flow.state !== 'joined' &&
      !flow.registering &&
      flow.round <= end.round,
  );
  const answer = { members, outcome: end.outcome, reason: end.reason };
  if (removed && (!owed || group.failures >= LIMITS.leaveTries)) {
    removeGroup(tables, group.id, end);
    return { ...answer, gone: true, retryInMs: null };
  }
  const atOnce =
    alone || (group.state === 'active' && end.outcome === 'served' && queuedUpdates(tables, group.id).length > 0);
  return { ...answer, gone: false, retryInMs: storeGroup(group, end, changed, owed, atOnce) };
}

function storeGroup(
  group: GroupRow,
  end: real.RoundEnd,
  changed: boolean,
  owed: boolean,
  atOnce: boolean,
): number | null {
  const served = end.outcome === 'served';
  const again = !served || owed;
  const failures = again && !atOnce ? group.failures + 1 : 0;
  const pause = atOnce ? 0 : again ? retryPause(failures) : null;
  if (end.covered < group.attempted) stage().faults.push('attempted goes back');
  Object.assign(group, {
    attempted: end.covered,
    served: served ? end.covered : group.served,
    timeRequested: group.requested > end.covered ? now() : null,
    state: served && group.state === 'creating' ? 'active' : group.state,
    config: end.settled ? end.final : group.config,
    configGeneration: group.configGeneration + (changed ? 1 : 0),
    outcome: end.outcome,
    reason: end.reason,
    failures,
    timeRetry: pause === null ? null : now() + pause,
  });
  return group.requested > group.attempted ? 0 : pause;
}

function removeGroup(tables: Tables, groupId: string, end: real.RoundEnd): void {
  for (const waiter of tables.waiters)
    if (waiter.groupId === groupId && waiter.outcome === null) Object.assign(waiter, { outcome: 'served' });
  refuseUpdates(tables, groupId);
  const confirming = end.receipts.filter((receipt) => receipt.acknowledged).map((receipt) => receipt.switchId);
  for (const facing of tables.switches.values())
    if (facing.service !== 'in_service' && !confirming.includes(facing.id))
      Object.assign(facing, { swept: false, timeUnswept: now() });
  const others = (row: { groupId: string }) => row.groupId !== groupId;
  tables.members = tables.members.filter(others);
  tables.acks = tables.acks.filter(others);
  tables.flows = tables.flows.filter((flow) => others(flow) || flow.state !== 'leaving');
  tables.refusals = tables.refusals.filter(others);
  tables.groups.delete(groupId);
}
