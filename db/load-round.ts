/** Everything that a round is decided from, read under the group's lock: whoever changed a member has bumped `requested` by then. */
import { sql } from 'drizzle-orm';
import type { AckFacts, FlowFacts, RefusalFacts, RoundFacts, SwitchFacts } from '../domain/plan-round';
import type { SwitchConfig } from '../domain/switch-config';
import type { Tx } from './client';
import { placeOf } from './instance-rows';

export interface GroupRow {
  id: string;
  name: string;
  ip: string;
  state: 'creating' | 'active' | 'deleting';
  requested: number;
  attempted: number;
  served: number;
  round: number;
  failures: number;
  /** Milliseconds until the next try is due; null = nothing owed. */
  retryInMs: number | null;
}

interface GroupColumns extends Record<string, unknown> {
  id: string;
  name: string;
  ip: string;
  underlay_ip: string | null;
  state: GroupRow['state'];
  tag: string;
  vni: number;
  mvlan: number | null;
  uplinks: string[] | null;
  sources: string[];
  config: SwitchConfig | null;
  requested: number;
  attempted: number;
  served: number;
  round: number;
  failures: number;
  retry_in: number | null;
}

/** The group's row, locked until the transaction ends; null when it is gone. */
export async function lockGroup(tx: Tx, groupId: string): Promise<GroupColumns | null> {
  // First the lock, then the reading: what the lock waited for may have changed the pool as well.
  const locked = tx.execute(sql`select 1 from multicast_group where id = ${groupId} for update`);
  const read = tx.execute<GroupColumns>(sql`
    select g.id, g.name, host(g.multicast_ip) as ip, host(u.multicast_ip) as underlay_ip, g.state, g.tag, g.vni,
      p.mvlan, p.switch_port_uplinks as uplinks, array(select host(s) from unnest(g.source_ips) s) as sources, g.config,
      g.requested, g.attempted, g.served, g.round, g.failures,
      (extract(epoch from g.time_retry - clock_timestamp()) * 1000)::float8 as retry_in
    from multicast_group g
    join ip_pool p on p.id = g.ip_pool_id
    left join underlay_multicast_group u on u.id = g.underlay_group_id
    where g.id = ${groupId}`);
  const [, rows] = await Promise.all([locked, read]);
  return rows[0] ?? null;
}

export function groupRow(columns: GroupColumns): GroupRow {
  const { id, name, ip, state, requested, attempted, served, round, failures, retry_in: retryIn } = columns;
  return {
    id,
    name,
    ip,
    state,
    requested,
    attempted,
    served,
    round,
    failures,
    retryInMs: retryIn === null ? null : Math.max(0, retryIn),
  };
}

export async function loadFacts(tx: Tx, group: GroupColumns): Promise<RoundFacts> {
  if (group.underlay_ip === null) throw new Error(`multicast-group ${group.id} has no underlay address`);
  const [members, switches, acks, flows, refusals] = await Promise.all([
    memberRows(tx, group.id),
    switchRows(tx),
    ackRows(tx, group.id),
    flowRows(tx, group.id),
    refusalRows(tx, group.id),
  ]);
  return {
    group: {
      tag: group.tag,
      ip: group.ip,
      underlayIp: group.underlay_ip,
      vni: group.vni,
      vlan: group.mvlan,
      sources: group.sources,
      deleting: group.state === 'deleting',
    },
    acknowledged: group.config,
    members: members.members,
    ports: members.ports,
    switches,
    acks,
    flows,
    refusals,
    uplinks: group.uplinks ?? [],
  };
}

async function memberRows(tx: Tx, groupId: string): Promise<Pick<RoundFacts, 'members' | 'ports'>> {
  const rows = await tx.execute<{
    sled_id: string | null;
    propolis_id: string | null;
    target_sled_id: string | null;
    target_propolis_id: string | null;
    port: number | null;
    target_port: number | null;
  }>(sql`
    select m.sled_id, m.propolis_id, m.target_sled_id, m.target_propolis_id, s.rear_port as port, t.rear_port as target_port
    from multicast_group_member m left join sled s on s.id = m.sled_id left join sled t on t.id = m.target_sled_id
    where m.external_group_id = ${groupId} and m.time_deleted is null and (m.sled_id is not null or m.target_sled_id is not null)`);
  const ports = new Map<string, string>();
  for (const row of rows) {
    if (row.sled_id !== null && row.port !== null) ports.set(row.sled_id, `rear${row.port}`);
    if (row.target_sled_id !== null && row.target_port !== null)
      ports.set(row.target_sled_id, `rear${row.target_port}`);
  }
  const members = [...rows].map((row) => ({
    location: placeOf(row.sled_id, row.propolis_id),
    target: placeOf(row.target_sled_id, row.target_propolis_id),
  }));
  return { members, ports };
}

/** Switches that answer; one that is unreachable is nobody's task. */
async function switchRows(tx: Tx): Promise<SwitchFacts[]> {
  const rows = await tx.execute<{
    id: string;
    slot: number;
    in_service: boolean;
    incarnation: number;
    ports: string[] | null;
  }>(sql`
    select id, slot, service = 'in_service' as in_service, incarnation, ports
    from switch where service <> 'unreachable' order by slot`);
  return [...rows].map((row) => ({
    id: row.id,
    slot: row.slot,
    inService: row.in_service,
    incarnation: row.incarnation,
    ports: row.ports,
  }));
}

async function ackRows(tx: Tx, groupId: string): Promise<AckFacts[]> {
  const rows = await tx.execute<{
    switch_id: string;
    config: SwitchConfig | null;
    incarnation: number;
    suspect: boolean;
  }>(sql`
    select switch_id, config, incarnation, suspect from switch_ack where group_id = ${groupId}`);
  return [...rows].map((row) => ({
    switchId: row.switch_id,
    config: row.config,
    incarnation: row.incarnation,
    suspect: row.suspect,
  }));
}

async function flowRows(tx: Tx, groupId: string): Promise<FlowFacts[]> {
  const rows = await tx.execute<{
    propolis_id: string;
    sled_id: string;
    sources: string;
    state: FlowFacts['state'];
    registering: boolean;
  }>(sql`
    select propolis_id, sled_id, sources, state, registering from member_flow where group_id = ${groupId}`);
  return [...rows].map((row) => ({
    propolisId: row.propolis_id,
    sledId: row.sled_id,
    sources: row.sources,
    state: row.state,
    registering: row.registering,
  }));
}

async function refusalRows(tx: Tx, groupId: string): Promise<RefusalFacts[]> {
  const rows = await tx.execute<{ switch_id: string; port: string; incarnation: number; reason: string }>(sql`
    select switch_id, port, incarnation, reason from refused_port where group_id = ${groupId}`);
  return [...rows].map((row) => ({
    switchId: row.switch_id,
    port: row.port,
    incarnation: row.incarnation,
    reason: row.reason,
  }));
}
