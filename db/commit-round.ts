/**
 * A round ends, in one transaction: acknowledgements, members, the group, and the outcome for everybody who waited.
 *
 * Members are judged by level, not by what the round meant to do: a member is Joined when its port is in the configuration that
 * all required switches now hold and its flow is active, whoever brought that about. A member whose wish changed after the round
 * had read the rows (generation > covered) is left to the next round. A round that is not the newest commits nothing.
 */
import { sql } from 'drizzle-orm';
import { underlayPorts, type Exclusion } from '../domain/desired';
import { sameConfig, sourcesKey } from '../domain/plan-round';
import { retryPause } from '../domain/retry';
import type { SwitchConfig } from '../domain/switch-config';
import { groupWorkflowId } from '../domain/workflow-ids';
import type { Db, Tx } from './client';
import { groupRow, lockGroup } from './load-round';
import { closeDrift } from './drift';
import { hasUpdates, refuseUpdates, settleUpdate } from './group-updates';
import type { RoundOutcome } from './waiters';

export interface Receipt {
  switchId: string;
  incarnation: number;
  /** What it holds now, if it said so. */
  config: SwitchConfig | null;
  acknowledged: boolean;
  error: string | null;
}

export interface RoundEnd {
  groupId: string;
  round: number;
  covered: number;
  outcome: RoundOutcome;
  reason: string | null;
  /** What every required switch holds now, without uplinks. */
  final: SwitchConfig | null;
  /** Whether at least one switch is required and all of them hold `final`. */
  settled: boolean;
  receipts: Receipt[];
  excluded: Exclusion[];
}

export interface Committed {
  members: { joined: number; left: number; removed: number; waiting: number };
  gone: boolean;
}

export async function commitRound(db: Db, end: RoundEnd): Promise<Committed | null> {
  return db.transaction(async (tx) => {
    const columns = await lockGroup(tx, end.groupId);
    if (columns === null || columns.round !== end.round) return null;
    const group = groupRow(columns);
    const changed = end.settled && !sameConfig(columns.config, end.final);
    await storeReceipts(tx, end, changed);
    if (changed) await acknowledgeUnwritten(tx, end.groupId);
    const acknowledged = end.receipts.filter((receipt) => receipt.acknowledged).map((receipt) => receipt.switchId);
    await closeDrift(tx, end.groupId, acknowledged, groupWorkflowId(end.groupId));
    const updated = await settleUpdate(tx, end.groupId, end.round, end.outcome, end.reason);
    const sources = sourcesKey(await sourcesOf(tx, end.groupId));
    const members = await judgeMembers(tx, end, sources);
    // A refused update fails alone: who shared its round is served by the next, which follows at once.
    const alone = updated && end.outcome !== 'served';
    if (!alone) await judgeWaiters(tx, end, sources);
    if (group.state === 'deleting' && end.outcome === 'served' && end.settled) {
      await removeGroup(tx, end.groupId);
      return { members, gone: true };
    }
    const again = alone || (await hasUpdates(tx, end.groupId));
    await storeGroup(tx, end, group.failures, changed, again);
    return { members, gone: false };
  });
}

async function storeReceipts(tx: Tx, end: RoundEnd, changed: boolean): Promise<void> {
  if (end.receipts.length === 0) return;
  // A switch that restarted meanwhile has lost what it acknowledged: its row stays suspect.
  await tx.execute(sql`
    update switch_ack a set
      config = case when r.acknowledged then r.config else a.config end,
      incarnation = case when r.acknowledged then r.incarnation else a.incarnation end,
      config_generation = case when r.acknowledged then g.config_generation + ${changed ? 1 : 0} else a.config_generation end,
      suspect = not r.acknowledged or r.incarnation <> s.incarnation,
      torn = a.torn and not r.acknowledged,
      time_acked = case when r.acknowledged then now() else a.time_acked end,
      last_error = case when r.acknowledged then null else coalesce(r.error, a.last_error) end,
      time_last_error = case when r.error is not null then now() else a.time_last_error end,
      time_modified = clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(end.receipts)}::jsonb)
        as r("switchId" uuid, incarnation bigint, config jsonb, acknowledged boolean, error text)
      join switch s on s.id = r."switchId" join multicast_group g on g.id = ${end.groupId}
    where a.switch_id = r."switchId" and a.group_id = ${end.groupId} and a.round = ${end.round}`);
}

/** Switches that the round had nothing to write on hold the new configuration already: it is acknowledged there too. */
async function acknowledgeUnwritten(tx: Tx, groupId: string): Promise<void> {
  await tx.execute(sql`
    update switch_ack a set config_generation = g.config_generation + 1
    from multicast_group g, switch s
    where a.group_id = ${groupId} and g.id = a.group_id and s.id = a.switch_id and not a.suspect
      and a.incarnation = s.incarnation and a.config_generation <= g.config_generation`);
}

/** What is true of each live member: is its port in, is its flow active, and if not, why. */
function facts(end: RoundEnd, sources: string) {
  return sql`
    select m.id, m.parent_id, m.state, m.sled_id is not null as located, m.target_sled_id is not null as migrating,
      m.generation <= ${end.covered} as judged,
      ${end.settled} and (m.sled_id is null
        or coalesce(ls.port = any(${textArray(underlayPorts(end.final))}) and lf.state = 'joined', false)) as fits,
      ${end.settled} and coalesce(ts.port = any(${textArray(underlayPorts(end.final))}) and tf.state = 'joined', false) as target_fits,
      case when lf.state = 'joined' then lf.reason end as remark,
      coalesce(lx.reason, tx.reason, ${end.reason}::text,
        case when ls.port is null then 'the sled is not registered' end,
        lf.reason, case when m.target_sled_id is not null then tf.reason end, 'not programmed yet') as why,
      lx.reason is not null or tx.reason is not null as excluded
    from multicast_group_member m
    left join lateral (select 'rear' || s.rear_port as port from sled s where s.id = m.sled_id) ls on true
    left join lateral (select 'rear' || s.rear_port as port from sled s where s.id = m.target_sled_id) ts on true
    left join member_flow lf on lf.group_id = m.external_group_id and lf.propolis_id = m.propolis_id and lf.sources = ${sources}
    left join member_flow tf on tf.group_id = m.external_group_id and tf.propolis_id = m.target_propolis_id and tf.sources = ${sources}
    left join jsonb_to_recordset(${JSON.stringify(end.excluded)}::jsonb) as lx(port text, reason text) on lx.port = ls.port
    left join jsonb_to_recordset(${JSON.stringify(end.excluded)}::jsonb) as tx(port text, reason text) on tx.port = ts.port
    where m.external_group_id = ${end.groupId} and m.time_deleted is null`;
}

async function sourcesOf(tx: Tx, groupId: string): Promise<string[]> {
  const rows = await tx.execute<{ sources: string[] }>(
    sql`select array(select host(s) from unnest(source_ips) s) as sources from multicast_group where id = ${groupId}`,
  );
  return rows[0]?.sources ?? [];
}

async function judgeMembers(tx: Tx, end: RoundEnd, sources: string): Promise<Committed['members']> {
  const changed = await tx.execute<{ state: string }>(sql`
    with facts as (${facts(end, sources)})
    update multicast_group_member m set
      state = (case when not f.located and ${end.settled} then 'left' when not f.located then m.state::text
        when f.fits then 'joined' else 'joining' end)::multicast_group_member_state,
      reason = case when not f.located then null when f.fits then f.remark else f.why end,
      time_modified = now()
    from facts f where m.id = f.id and f.judged
      and (m.state, coalesce(m.reason, '')) is distinct from (
        (case when not f.located and ${end.settled} then 'left' when not f.located then m.state::text
          when f.fits then 'joined' else 'joining' end)::multicast_group_member_state,
        coalesce(case when not f.located then null when f.fits then f.remark else f.why end, ''))
    returning m.state::text as state`);
  // Tombstones go once every switch in service has confirmed.
  const removed = end.settled
    ? await tx.execute(sql`
        delete from multicast_group_member
        where external_group_id = ${end.groupId} and time_deleted is not null and generation <= ${end.covered} returning 1`)
    : [];
  const count = (state: string) => [...changed].filter((row) => row.state === state).length;
  return { joined: count('joined'), left: count('left'), removed: removed.length, waiting: count('joining') };
}

/**
 * Each waiter's outcome is that of its instance's member: a round can serve ten stops and fail one start. Whoever was overtaken
 * (the member changed again) has nothing to wait for any more.
 */
async function judgeWaiters(tx: Tx, end: RoundEnd, sources: string): Promise<void> {
  const failed = end.outcome === 'served' ? 'failed' : end.outcome;
  await tx.execute(sql`
    with facts as (${facts(end, sources)}), judged as (
      select w.event_id,
        case
          when f.id is null then case when ${end.settled} then 'served' else ${failed} end
          when not f.judged then 'served'
          when f.migrating then case when f.target_fits then 'served' when f.excluded then 'refused' else ${failed} end
          when f.fits then 'served'
          when f.excluded then 'refused'
          else ${failed}
        end as outcome,
        coalesce(f.why, ${end.reason}::text) as why
      from group_waiter w left join facts f on f.parent_id = w.instance_id
      where w.group_id = ${end.groupId} and w.request <= ${end.covered} and w.outcome is null)
    update group_waiter w set outcome = j.outcome, reason = case when j.outcome = 'served' then null else j.why end
    from judged j where w.event_id = j.event_id and w.group_id = ${end.groupId}`);
}

async function storeGroup(tx: Tx, end: RoundEnd, failures: number, changed: boolean, atOnce: boolean): Promise<void> {
  const owed = await tx.execute<{ owed: boolean }>(sql`
    select exists (select 1 from member_flow where group_id = ${end.groupId} and state <> 'joined' and round <= ${end.round}) as owed`);
  const again = end.outcome !== 'served' || owed[0]?.owed === true;
  const failed = again && !atOnce ? failures + 1 : 0;
  const pause = atOnce ? 0 : again ? retryPause(failed) : null;
  const served = end.outcome === 'served';
  await tx.execute(sql`
    update multicast_group set
      attempted = ${end.covered},
      served = ${served ? sql`${end.covered}` : sql`served`},
      time_requested = case when requested > ${end.covered} then clock_timestamp() end,
      state = case when ${served} and state = 'creating' then 'active' else state end,
      config = ${end.settled ? jsonOrNull(end.final) : sql`config`},
      config_generation = config_generation + ${changed ? 1 : 0},
      outcome = ${end.outcome}, reason = ${end.reason}, failures = ${failed},
      time_retry = ${pause === null ? sql`null` : sql`clock_timestamp() + ${pause} * interval '1 millisecond'`},
      time_converged = case when ${served} then now() else time_converged end
    where id = ${end.groupId}`);
}

/** Nothing of the group is left; whoever waited for it is told from the waiters' rows. */
async function removeGroup(tx: Tx, groupId: string): Promise<void> {
  await tx.execute(sql`update group_waiter set outcome = 'served', reason = null where group_id = ${groupId}`);
  await refuseUpdates(tx, groupId);
  await tx.execute(sql`delete from multicast_group_member where external_group_id = ${groupId}`);
  await tx.execute(sql`delete from switch_ack where group_id = ${groupId}`);
  await tx.execute(sql`delete from member_flow where group_id = ${groupId}`);
  await tx.execute(sql`delete from refused_port where group_id = ${groupId}`);
  await tx.execute(sql`
    with gone as (delete from multicast_group where id = ${groupId} returning underlay_group_id)
    delete from underlay_multicast_group u using gone where u.id = gone.underlay_group_id`);
}

function jsonOrNull(value: unknown) {
  return value === null ? sql`null` : sql`${JSON.stringify(value)}::jsonb`;
}

function textArray(items: string[]) {
  return sql`${`{${items.join(',')}}`}::text[]`;
}
