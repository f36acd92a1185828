/** Flows on the sleds, as rounds ask for them and sleds confirm them. A confirmation counts only if the wish still stands. */
import { sql } from 'drizzle-orm';
import type { Db } from './client';
import { uuids } from './lists';

/** The sources of a group `g`, as flows write them. */
export const sourcesOf = sql`array_to_string(array(select host(s) from unnest(g.source_ips) s order by host(s) collate "C"), ',')`;

export interface FlowTask {
  sledId: string;
  /** Of the sled's agent; null = the sled is not registered. */
  address: string | null;
  propolisId: string;
  groupIp: string;
  sources: string[];
}

/** In order of VMMs. */
export async function flowsToAsk(
  db: Db,
  groupId: string,
  sledIds: string[],
  state: 'joining' | 'leaving',
): Promise<FlowTask[]> {
  const rows = await db.execute<{
    sled_id: string;
    address: string | null;
    propolis_id: string;
    group_ip: string;
    sources: string;
  }>(sql`
    select f.sled_id, s.agent_address as address, f.propolis_id, host(f.group_ip) as group_ip, f.sources
    from member_flow f left join sled s on s.id = f.sled_id
    where f.group_id = ${groupId} and f.sled_id = any(${uuids(sledIds)}) and f.state = ${state}::flow_state order by f.propolis_id`);
  return [...rows].map((row) => ({
    sledId: row.sled_id,
    address: row.address,
    propolisId: row.propolis_id,
    groupIp: row.group_ip,
    sources: row.sources === '' ? [] : row.sources.split(','),
  }));
}

export interface FlowAnswer {
  sledId: string;
  propolisId: string;
  groupIp: string;
  sources: string;
  /** A remark on success, the reason on failure. */
  reason: string | null;
  done: boolean;
}

/**
 * A join that is confirmed after its wish has gone (its step ran out of time, and a newer round was quicker) may have come to the NIC after the
 * leave: the flow is written down again, for a later round to take it back.
 */
export async function storeJoined(db: Db, groupId: string, answers: FlowAnswer[]): Promise<void> {
  if (answers.length === 0) return;
  const answered = JSON.stringify(answers);
  const known = await db.execute(sql`
    update member_flow f set reason = r.reason, time_modified = now(), state = case
      when f.state = 'leaving' then 'joining'::flow_state when r.done then 'joined'::flow_state else f.state end
    from jsonb_to_recordset(${answered}::jsonb) as r("propolisId" uuid, sources text, reason text, done boolean)
    where f.group_id = ${groupId} and f.propolis_id = r."propolisId" and f.sources = r.sources
      and (f.state = 'joining' or f.state = 'leaving' and r.done) returning 1`);
  if (known.length === answers.length) return;
  await db.execute(sql`
    insert into member_flow (group_id, propolis_id, sled_id, group_ip, sources, state, round)
    select ${groupId}, r."propolisId", r."sledId", r."groupIp"::inet, r.sources, 'joining', 0
    from jsonb_to_recordset(${answered}::jsonb) as r("sledId" uuid, "propolisId" uuid, "groupIp" text, sources text, done boolean)
    where r.done on conflict (group_id, propolis_id, sources) do nothing`);
}

/** A leave that is confirmed after the VMM has joined again may have come to the NIC after the join: it is joined once more. */
export async function storeLeft(db: Db, groupId: string, answers: FlowAnswer[]): Promise<void> {
  if (answers.length === 0) return;
  const answered = JSON.stringify(answers);
  const left = await db.execute(sql`
    delete from member_flow f
    using jsonb_to_recordset(${answered}::jsonb) as r("propolisId" uuid, sources text, done boolean)
    where f.group_id = ${groupId} and f.propolis_id = r."propolisId" and f.sources = r.sources and f.state = 'leaving' and r.done
    returning 1`);
  if (left.length === answers.length) return;
  await db.execute(sql`
    update member_flow f set reason = r.reason, state = case when r.done then 'joining'::flow_state else f.state end
    from jsonb_to_recordset(${answered}::jsonb) as r("propolisId" uuid, sources text, reason text, done boolean)
    where f.group_id = ${groupId} and f.propolis_id = r."propolisId" and f.sources = r.sources
      and f.state = case when r.done then 'joined'::flow_state else 'leaving'::flow_state end`);
}

/**
 * Flows with other sources than the group's, of VMMs that have joined with those: marked to be left. Returns the sleds to ask. A VMM
 * whose new flow is not confirmed keeps its old one.
 */
export async function retireFlows(db: Db, groupId: string, sources: string, round: number): Promise<string[]> {
  const rows = await db.execute<{ sled_id: string }>(sql`
    update member_flow f set state = 'leaving', round = ${round}, time_modified = now()
    where f.group_id = ${groupId} and f.sources <> ${sources} and not f.registering and exists (
      select 1 from member_flow n
      where n.group_id = f.group_id and n.propolis_id = f.propolis_id and n.sources = ${sources} and n.state = 'joined')
    returning f.sled_id`);
  return [...new Set([...rows].map((row) => row.sled_id))].toSorted();
}
