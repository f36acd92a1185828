/** What switches are asked for, and what they have acknowledged, as rounds bring it home. */
import { sql } from 'drizzle-orm';
import type { PortMember, SwitchConfig } from '../domain/switch-config';
import type { Queryable, Tx } from './client';

/**
 * Said before the switch is asked to change the members, and true until a round that knows better is acknowledged. False: one is
 * already, so the caller's worker counts as dead, and it must not write any more.
 */
export async function noteMembersAsked(
  db: Queryable,
  switchId: string,
  groupId: string,
  members: PortMember[],
): Promise<boolean> {
  const rows = await db.execute(sql`
    update switch_ack set asked_members = ${JSON.stringify(members)}::jsonb, time_modified = clock_timestamp()
    where switch_id = ${switchId} and group_id = ${groupId} and suspect returning 1`);
  return rows.length > 0;
}

export interface Receipt {
  switchId: string;
  incarnation: number;
  /** What it holds now, if it said so. */
  config: SwitchConfig | null;
  acknowledged: boolean;
  /** It said no, and will say so again. */
  refused: boolean;
  error: string | null;
  /** Writes that its acknowledgement took; absent = none is known of. */
  writes?: number;
}

/** A switch that restarted or fell silent meanwhile is not believed: its row stays suspect. */
export async function storeReceipts(
  tx: Tx,
  { groupId, round, receipts, partial }: { groupId: string; round: number; receipts: Receipt[]; partial: boolean },
  generations: number,
): Promise<void> {
  if (receipts.length === 0) return;
  await tx.execute(sql`
    update switch_ack a set
      config = case when r.acknowledged then r.config else a.config end,
      incarnation = case when r.acknowledged or r.refused then r.incarnation else a.incarnation end,
      config_generation = case when r.acknowledged then g.config_generation + ${generations} else a.config_generation end,
      suspect = not r.acknowledged or r.incarnation <> s.incarnation or s.service = 'unreachable',
      refused = r.refused,
      asked_members = case when r.acknowledged then null else a.asked_members end,
      time_acked = case when r.acknowledged then now() else a.time_acked end,
      writes = a.writes + case when ${partial} then 0 else coalesce(r.writes, 0) end,
      last_error = case when r.acknowledged then null else coalesce(r.error, a.last_error) end,
      time_last_error = case when r.error is not null then now() else a.time_last_error end,
      time_modified = clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(receipts)}::jsonb)
        as r("switchId" uuid, incarnation bigint, config jsonb, acknowledged boolean, refused boolean, error text, writes int)
      join switch s on s.id = r."switchId" join multicast_group g on g.id = ${groupId}
    where a.switch_id = r."switchId" and a.group_id = ${groupId} and a.round = ${round}`);
}

/** Switches that the round had nothing to write on hold the new configuration already: it is acknowledged there too. */
export async function acknowledgeUnwritten(tx: Tx, groupId: string): Promise<void> {
  await tx.execute(sql`
    update switch_ack a set config_generation = g.config_generation + 1
    from multicast_group g, switch s
    where a.group_id = ${groupId} and g.id = a.group_id and s.id = a.switch_id and not a.suspect
      and a.incarnation = s.incarnation and a.config_generation <= g.config_generation`);
}

/**
 * Why not every switch that counts holds the group's configuration, in words; empty when all do and there is at least one. This is the
 * invariant "nothing is reported as done that a switch in service has not acknowledged".
 */
export async function lackingSwitches(tx: Tx, groupId: string): Promise<string[]> {
  const rows = await tx.execute<{ slot: number; lacking: boolean }>(sql`
    select s.slot, a.switch_id is null or a.suspect or a.incarnation <> s.incarnation as lacking
    from switch s left join switch_ack a on a.switch_id = s.id and a.group_id = ${groupId}
    where s.service = 'in_service' order by s.slot`);
  if (rows.length === 0) return ['no switch is in service'];
  return [...rows].filter((row) => row.lacking).map((row) => `switch${row.slot} has not acknowledged it`);
}
