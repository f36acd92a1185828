/**
 * Where one group stands, seen from inside: what was asked for, what rounds have brought, what every switch and sled has
 * acknowledged. Reads only.
 */
import { sql } from 'drizzle-orm';
import type { SwitchConfig } from '../domain/switch-config';
import type { Queryable } from './client';

export interface SwitchStatus extends Record<string, unknown> {
  switch_id: string;
  name: string;
  service: 'unreachable' | 'resyncing' | 'in_service';
  config: SwitchConfig | null;
  config_generation: number;
  round: number;
  writes: number;
  /** Whether the acknowledgement is of what now runs there. */
  current: boolean;
  suspect: boolean;
  last_error: string | null;
  time_last_error: Date | null;
  time_acked: Date | null;
}

export interface MemberStatus extends Record<string, unknown> {
  id: string;
  instance_id: string;
  instance_name: string | null;
  state: string;
  reason: string | null;
  generation: number;
  sled_id: string | null;
  propolis_id: string | null;
  port: string | null;
  target_sled_id: string | null;
  target_propolis_id: string | null;
  target_port: string | null;
  time_deleted: Date | null;
}

export interface FlowStatus extends Record<string, unknown> {
  propolis_id: string;
  sled_id: string;
  sources: string[];
  state: string;
  reason: string | null;
}

export async function switchStatuses(db: Queryable, groupId: string): Promise<SwitchStatus[]> {
  const rows = await db.execute<SwitchStatus>(sql`
    select s.id as switch_id, 'switch' || s.slot as name, s.service, a.config,
      coalesce(a.config_generation, 0) as config_generation, coalesce(a.round, 0) as round, coalesce(a.writes, 0)::float8 as writes,
      coalesce(a.incarnation = s.incarnation, false) as current, coalesce(a.suspect, false) as suspect,
      a.last_error, a.time_last_error, a.time_acked
    from switch s left join switch_ack a on a.switch_id = s.id and a.group_id = ${groupId}
    order by s.slot`);
  return [...rows].map((row) => ({
    ...row,
    time_last_error: date(row.time_last_error),
    time_acked: date(row.time_acked),
  }));
}

/** Tombstones too: their ports may still be programmed. */
export async function memberStatuses(db: Queryable, groupId: string): Promise<MemberStatus[]> {
  const rows = await db.execute<MemberStatus>(sql`
    select m.id, m.parent_id as instance_id, i.name as instance_name, m.state, m.reason, m.generation,
      m.sled_id, m.propolis_id, 'rear' || s.rear_port as port,
      m.target_sled_id, m.target_propolis_id, 'rear' || t.rear_port as target_port, m.time_deleted
    from multicast_group_member m
      left join instance i on i.id = m.parent_id
      left join sled s on s.id = m.sled_id
      left join sled t on t.id = m.target_sled_id
    where m.external_group_id = ${groupId} order by m.id`);
  return [...rows].map((row) => ({ ...row, time_deleted: date(row.time_deleted) }));
}

export async function flowStatuses(db: Queryable, groupId: string): Promise<FlowStatus[]> {
  const rows = await db.execute<Omit<FlowStatus, 'sources'> & { sources: string }>(sql`
    select propolis_id, sled_id, sources, state, reason from member_flow
    where group_id = ${groupId} order by propolis_id, sources`);
  return [...rows].map((row) => ({ ...row, sources: row.sources === '' ? [] : row.sources.split(',') }) as FlowStatus);
}

export async function refusedPorts(
  db: Queryable,
  groupId: string,
): Promise<{ switch_id: string; port: string; reason: string }[]> {
  const rows = await db.execute<{ switch_id: string; port: string; reason: string }>(sql`
    select switch_id, port, reason from refused_port where group_id = ${groupId} order by switch_id, port`);
  return [...rows];
}

/** Plain statements give times as text. */
const date = (value: Date | string | null): Date | null => (value === null ? null : new Date(value));
