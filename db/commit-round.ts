/**
 * A round ends, in one transaction: acknowledgements, members, the group, and the outcome for everybody who waited.
 *
 * Whether all switches that count hold the configuration is judged here, from the acknowledgements and the switches as they are
 * now, not from what the round believed when it began. A round that is not the newest commits nothing.
 */
import { sql } from 'drizzle-orm';
import type { Exclusion } from '../domain/desired';
import { LIMITS } from '../domain/limits';
import { sameConfig, sourcesKey } from '../domain/plan-round';
import { retryPause } from '../domain/retry';
import type { SwitchConfig } from '../domain/switch-config';
import { groupWorkflowId } from '../domain/workflow-ids';
import type { Db, Tx } from './client';
import { closeDrift } from './drift';
import { hasUpdates, settleUpdate } from './group-updates';
import { judgeMembers, judgeWaiters, type MemberCounts } from './judge-members';
import { groupRow, lockGroup, type GroupRow } from './load-round';
import { acknowledgeUnwritten, lackingSwitches, storeReceipts, type Receipt } from './receipts';
import { removeGroup } from './remove-group';
import type { RoundOutcome } from './waiters';

export interface RoundEnd {
  groupId: string;
  round: number;
  covered: number;
  outcome: RoundOutcome;
  reason: string | null;
  /** What every required switch holds now, without uplinks. */
  final: SwitchConfig | null;
  /** Whether the round believes that at least one switch is required and all of them hold `final`. */
  settled: boolean;
  /** Nothing is known to have failed, but nothing is done either: who waits goes on waiting for the next round. */
  undecided: boolean;
  /** More is to come: slow sleds. Only good news is written; what is missing is judged at the end. */
  partial: boolean;
  receipts: Receipt[];
  excluded: Exclusion[];
}

export interface Committed {
  members: MemberCounts;
  outcome: RoundOutcome;
  reason: string | null;
  gone: boolean;
  /** What the group owes now: another round at once (0), or after a pause; null = nothing. Not said in the middle of a round. */
  retryInMs: number | null;
}

export async function commitRound(db: Db, believed: RoundEnd): Promise<Committed | null> {
  return db.transaction(async (tx) => {
    const columns = await lockGroup(tx, believed.groupId);
    if (columns === null || columns.round !== believed.round) return null;
    const group = groupRow(columns);
    const changed = believed.settled && !sameConfig(columns.config, believed.final);
    const [, lacking] = await Promise.all([
      storeReceipts(tx, believed, changed ? 1 : 0),
      believed.settled ? lackingSwitches(tx, believed.groupId) : [],
    ]);
    const end = confirmed(believed, lacking);
    if (end.partial) {
      const sources = sourcesKey(columns.sources);
      const [members] = await Promise.all([judgeMembers(tx, end, sources), judgeWaiters(tx, end, sources)]);
      return { members, outcome: end.outcome, reason: end.reason, gone: false, retryInMs: null };
    }
    const acknowledged = end.receipts.filter((receipt) => receipt.acknowledged).map((receipt) => receipt.switchId);
    await Promise.all([
      end.settled && changed ? acknowledgeUnwritten(tx, end.groupId) : undefined,
      closeDrift(tx, end.groupId, acknowledged, groupWorkflowId(end.groupId)),
    ]);
    return finish(tx, end, { ...group, sources: columns.sources }, changed && end.settled);
  });
}

/** A switch may have come into service, left it or restarted since the round began: what is true now decides. */
function confirmed(end: RoundEnd, lacking: string[]): RoundEnd {
  if (!end.settled || lacking.length === 0) return end;
  const reason = end.reason ?? lacking.join(', ');
  return {
    ...end,
    settled: false,
    undecided: end.outcome === 'served',
    outcome: end.outcome === 'served' ? 'failed' : end.outcome,
    reason,
  };
}

async function finish(
  tx: Tx,
  end: RoundEnd,
  group: GroupRow & { sources: string[] },
  changed: boolean,
): Promise<Committed> {
  const updated = !end.undecided && (await settleUpdate(tx, end.groupId, end.round, end.outcome, end.reason));
  const sources = sourcesKey(updated ? await sourcesOf(tx, end.groupId) : group.sources);
  // A refused update fails alone: who shared its round is served by the next, which follows at once.
  const alone = updated && end.outcome !== 'served';
  const [members, , owed, queued] = await Promise.all([
    judgeMembers(tx, end, sources),
    alone || end.undecided ? undefined : judgeWaiters(tx, end, sources),
    owesFlows(tx, end),
    group.state === 'active' && end.outcome === 'served' ? hasUpdates(tx, end.groupId) : false,
  ]);
  // A round that was planned before the deletion has made the group, not removed it.
  const removed = group.state === 'deleting' && end.final === null && end.outcome === 'served' && end.settled;
  if (removed && (!owed || group.failures >= LIMITS.leaveTries)) {
    await removeGroup(tx, end.groupId, end.receipts);
    return { members, outcome: end.outcome, reason: end.reason, gone: true, retryInMs: null };
  }
  const atOnce = alone || queued;
  const retryInMs = await storeGroup(tx, end, { failures: group.failures, changed, owed, atOnce });
  return { members, outcome: end.outcome, reason: end.reason, gone: false, retryInMs };
}

async function sourcesOf(tx: Tx, groupId: string): Promise<string[]> {
  const rows = await tx.execute<{ sources: string[] }>(
    sql`select array(select host(s) from unnest(source_ips) s) as sources from multicast_group where id = ${groupId}`,
  );
  return rows[0]?.sources ?? [];
}

/** Flows that this round asked for and that their sled, which is registered, has not confirmed. */
async function owesFlows(tx: Tx, end: RoundEnd): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from member_flow f join sled s on s.id = f.sled_id
    where f.group_id = ${end.groupId} and f.state <> 'joined' and not f.registering and f.round <= ${end.round} limit 1`);
  return rows.length > 0;
}

interface GroupEnd {
  failures: number;
  changed: boolean;
  owed: boolean;
  /** Another round follows without a pause. */
  atOnce: boolean;
}

/** Returns the pause until the next round; null when none is owed. */
async function storeGroup(
  tx: Tx,
  end: RoundEnd,
  { failures, changed, owed, atOnce }: GroupEnd,
): Promise<number | null> {
  const served = end.outcome === 'served';
  const again = !served || owed;
  const failed = again && !atOnce ? failures + 1 : 0;
  const pause = atOnce ? 0 : again ? retryPause(failed) : null;
  const config = end.final === null ? sql`null` : sql`${JSON.stringify(end.final)}::jsonb`;
  const rows = await tx.execute<{ asked: boolean }>(sql`
    update multicast_group set
      attempted = ${end.covered},
      served = ${served ? sql`${end.covered}` : sql`served`},
      time_requested = case when requested > ${end.covered} then clock_timestamp() end,
      state = case when ${served} and state = 'creating' then 'active' else state end,
      config = ${end.settled ? config : sql`config`},
      config_generation = config_generation + ${changed ? 1 : 0},
      outcome = ${end.outcome}, reason = ${end.reason}, failures = ${failed},
      time_retry = ${pause === null ? sql`null` : sql`clock_timestamp() + ${pause} * interval '1 millisecond'`},
      time_converged = case when ${served} then now() else time_converged end
    where id = ${end.groupId} returning requested > attempted as asked`);
  return rows[0]?.asked === true ? 0 : pause;
}
