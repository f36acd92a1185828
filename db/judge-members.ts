/**
 * Members judged by level, not by what the round meant to do: a member is Joined when its port is in the configuration that all
 * required switches now hold and its flow is active, whoever brought that about. A member whose wish changed after the round
 * had read the rows (generation > covered) is left to the next round.
 */
import { sql } from 'drizzle-orm';
import { underlayPorts, type Exclusion } from '../domain/desired';
import type { SwitchConfig } from '../domain/switch-config';
import type { Tx } from './client';
import type { RoundOutcome } from './waiters';

interface Judgement {
  groupId: string;
  covered: number;
  outcome: RoundOutcome;
  reason: string | null;
  final: SwitchConfig | null;
  settled: boolean;
  partial: boolean;
  excluded: Exclusion[];
}

export interface MemberCounts {
  joined: number;
  left: number;
  removed: number;
  waiting: number;
}

/** What is true of each live member: is its port in, is its flow active, and if not, why. `sources`: the group's, as flows write them. */
function facts(end: Judgement, sources: string) {
  const ports = sql`${`{${underlayPorts(end.final).join(',')}}`}::text[]`;
  const excluded = sql`jsonb_to_recordset(${JSON.stringify(end.excluded)}::jsonb)`;
  return sql`
    select m.id, m.parent_id, m.sled_id is not null as located, m.target_sled_id is not null as migrating,
      m.generation <= ${end.covered} as judged,
      ${end.settled} and (m.sled_id is null or coalesce(ls.port = any(${ports}) and lf.state = 'joined', false)) as fits,
      ${end.settled} and coalesce(ts.port = any(${ports}) and tf.state = 'joined', false) as target_fits,
      case when lf.state = 'joined' then lf.reason end as remark,
      coalesce(lx.reason, tx.reason, ${end.reason}::text,
        case when ls.port is null then 'the sled is not registered' end,
        lf.reason, case when m.target_sled_id is not null then tf.reason end, 'not programmed yet') as why,
      lx.reason is not null or tx.reason is not null as excluded,
      ${end.reason}::text is not null or ls.port is null or lf.reason is not null or (m.target_sled_id is not null and tf.reason is not null) as known
    from multicast_group_member m
    left join lateral (select 'rear' || s.rear_port as port from sled s where s.id = m.sled_id) ls on true
    left join lateral (select 'rear' || s.rear_port as port from sled s where s.id = m.target_sled_id) ts on true
    left join member_flow lf on lf.group_id = m.external_group_id and lf.propolis_id = m.propolis_id and lf.sources = ${sources}
    left join member_flow tf on tf.group_id = m.external_group_id and tf.propolis_id = m.target_propolis_id and tf.sources = ${sources}
    left join ${excluded} as lx(port text, reason text) on lx.port = ls.port
    left join ${excluded} as tx(port text, reason text) on tx.port = ts.port
    where m.external_group_id = ${end.groupId} and m.time_deleted is null`;
}

/** While it is not known what the switches hold, no state changes; in the middle of a round only what has come true. */
export async function judgeMembers(tx: Tx, end: Judgement, sources: string): Promise<MemberCounts> {
  const changed = await tx.execute<{ state: string }>(sql`
    with facts as (${facts(end, sources)}), judged as (
      select f.id,
        case when not ${end.settled} then m.state::text when not f.located then 'left' when f.fits then 'joined'
          when ${end.partial} then m.state::text else 'joining' end as state,
        case when not f.located then null when f.fits then f.remark
          when ${end.partial} or (m.state = 'joined' and not ${end.settled}) then m.reason else f.why end as reason
      from facts f join multicast_group_member m on m.id = f.id where f.judged)
    update multicast_group_member m
    set state = j.state::multicast_group_member_state, reason = j.reason, time_modified = now()
    from judged j where m.id = j.id and (m.state::text, m.reason) is distinct from (j.state, j.reason)
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
 * (the member changed again) has nothing to wait for any more. Where no reason is known, a sled was not even asked: the next round
 * decides.
 */
export async function judgeWaiters(tx: Tx, end: Judgement, sources: string): Promise<void> {
  const failed = end.outcome === 'served' ? 'failed' : end.outcome;
  await tx.execute(sql`
    with facts as (${facts(end, sources)}), judged as (
      select w.event_id,
        case
          when f.id is null then case when ${end.settled} then 'served' else ${failed} end
          when not f.judged then 'served'
          when f.migrating and f.target_fits or not f.migrating and f.fits then 'served'
          when f.excluded then 'refused'
          when f.known then ${failed}
        end as outcome,
        coalesce(f.why, ${end.reason}::text) as why
      from group_waiter w left join facts f on f.parent_id = w.instance_id
      where w.group_id = ${end.groupId} and w.request <= ${end.covered} and w.outcome is null),
    -- Gathered into one value and spread again: joined with itself directly, the planner's guess of one row makes it quadratic.
    listed as materialized (
      select coalesce(jsonb_agg(jsonb_build_object('event_id', event_id, 'outcome', outcome, 'why', why)), '[]') as everyone from judged)
    update group_waiter w set outcome = j.outcome, reason = case when j.outcome = 'served' then null else j.why end
    from listed, jsonb_to_recordset(listed.everyone) as j(event_id uuid, outcome text, why text)
    where w.event_id = j.event_id and w.group_id = ${end.groupId} and j.outcome is not null
      and (j.outcome = 'served' or not ${end.partial})`);
}
