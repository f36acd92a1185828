/**
 * A round begins: in one transaction the rows are read, the plan is made, and everything that is about to be touched is marked,
 * so that whatever happens to this round, the next one knows what it may have left behind.
 */
import { sql, type SQL } from 'drizzle-orm';
import { restoreTarget, wantedPorts, type Exclusion } from '../domain/desired';
import {
  planRound,
  switchTasks,
  type Flow,
  type RoundFacts,
  type RoundPlan,
  type SwitchTask,
} from '../domain/plan-round';
import type { SwitchConfig } from '../domain/switch-config';
import { inOrder, type Db } from './client';
import { takeUpdate } from './group-updates';
import type { Receipt } from './receipts';
import { groupRow, loadFacts, lockGroup, type GroupRow } from './load-round';

export interface Round {
  kind: 'round';
  /** Number of the round; grows with every round of the group. */
  round: number;
  /** The newest request that its rows include. */
  covered: number;
  name: string;
  ip: string;
  underlayIp: string;
  /** How many switches are in service: none of them may be left out, and none at all is never success. */
  inService: number;
  /** What every switch shall hold, without uplinks; null = absent. */
  desired: SwitchConfig | null;
  /** Ports of `desired` that were not acknowledged before. */
  newPorts: string[];
  excluded: Exclusion[];
  switches: SwitchTask[];
  /** What some of them have said at a first attempt; they are not among `switches` any more. */
  receipts?: Receipt[];
  /** Those that refused at the first attempt, and would again. */
  refused?: { task: SwitchTask; reason: string }[];
  /** Sleds to ask, by phase. Those that have owed an answer since an earlier round hold nobody up. */
  leave: string[];
  owed: string[];
  join: { sledId: string; port: string }[];
  /** Whether VMMs have flows with old sources, to be left once they have joined with the new ones. */
  retires: boolean;
}

export type RoundStart =
  | Round
  /** `retryInMs`: null when nothing is owed. */
  | { kind: 'idle'; retryInMs: number | null }
  | { kind: 'gone' }
  | { kind: 'disabled' };

/** Begins the next round if there is anything to do. */
export async function beginRound(db: Db, groupId: string): Promise<RoundStart> {
  return db.transaction(async (tx): Promise<RoundStart> => {
    const [gate, group] = await Promise.all([
      tx.execute<{ enabled: boolean }>(sql`select multicast_enabled as enabled from runtime_config`),
      lockGroup(tx, groupId),
    ]);
    if (gate[0]?.enabled !== true) return { kind: 'disabled' };
    if (group === null) return { kind: 'gone' };
    const row = groupRow(group);
    if (!isDue(row)) return { kind: 'idle', retryInMs: row.retryInMs };
    const round = row.round + 1;
    const [update, loaded] = await Promise.all([
      row.state === 'active' ? takeUpdate(tx, groupId, round) : null,
      loadFacts(tx, group),
    ]);
    const facts = withUpdate(loaded, update);
    const plan = planRound(facts);
    await inOrder(tx, [
      sql`update multicast_group set round = ${round} where id = ${groupId}`,
      ...suspicion(groupId, round, plan.switches),
      ...flowMarks(groupId, row.ip, round, plan),
    ]);
    return {
      kind: 'round',
      round,
      covered: row.requested,
      name: row.name,
      ip: row.ip,
      underlayIp: facts.group.underlayIp,
      inService: facts.switches.filter((facing) => facing.inService).length,
      desired: plan.desired,
      newPorts: plan.newPorts,
      excluded: plan.excluded,
      switches: plan.switches,
      leave: sledsOf(plan.leave.filter((flow) => !flow.owed)),
      owed: sledsOf(plan.leave.filter((flow) => flow.owed)),
      join: sledsOf(plan.join).map((sledId) => ({ sledId, port: facts.ports.get(sledId) ?? '' })),
      retires: plan.leaveAfterJoin.length > 0,
    };
  });
}

/** What the group is to be, if the round comes through; its row changes only then. */
function withUpdate(facts: RoundFacts, update: { sources: string[] | null } | null): RoundFacts {
  if (update?.sources == null) return facts;
  return { ...facts, group: { ...facts.group, sources: update.sources } };
}

function isDue(row: GroupRow): boolean {
  return row.requested > row.attempted || (row.retryInMs !== null && row.retryInMs <= 0);
}

export interface Restoration {
  /** What the switches go back to, without uplinks. */
  target: SwitchConfig | null;
  switches: SwitchTask[];
}

/**
 * What a failed round goes back to, from the durable record and the rows as they are now: never from a reading of a switch that
 * may already hold the change. `reached`: what all had acknowledged earlier in this round, if it got that far.
 */
export async function planRestore(
  db: Db,
  groupId: string,
  round: number,
  reached?: SwitchConfig | null,
): Promise<Restoration> {
  return db.transaction(async (tx): Promise<Restoration> => {
    const group = await lockGroup(tx, groupId);
    if (group === null || group.round !== round) return { target: null, switches: [] };
    const facts = await loadFacts(tx, group);
    const acknowledged = reached === undefined ? facts.acknowledged : reached;
    const target = facts.group.deleting ? null : restoreTarget(acknowledged, wantedPorts(facts.members, facts.ports));
    const switches = switchTasks(target, facts);
    await inOrder(tx, suspicion(groupId, round, switches));
    return { target, switches };
  });
}

/** The same configuration for all switches again, within a round: what each still lacks of it. */
export async function planConfig(
  db: Db,
  groupId: string,
  round: number,
  desired: SwitchConfig | null,
): Promise<SwitchTask[]> {
  return db.transaction(async (tx): Promise<SwitchTask[]> => {
    const group = await lockGroup(tx, groupId);
    if (group === null || group.round !== round) return [];
    const tasks = switchTasks(desired, await loadFacts(tx, group));
    await inOrder(tx, suspicion(groupId, round, tasks));
    return tasks;
  });
}

/** From here until the receipt, nobody may believe what the acknowledgement says. */
function suspicion(groupId: string, round: number, tasks: SwitchTask[]): SQL[] {
  if (tasks.length === 0) return [];
  const rows = tasks.map((task) => ({ id: task.switchId, incarnation: task.incarnation }));
  return [
    sql`
    insert into switch_ack (switch_id, group_id, config, config_generation, round, incarnation, suspect)
    select r.id, ${groupId}, null, 0, ${round}, r.incarnation, true
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, incarnation bigint)
    on conflict (switch_id, group_id) do update set suspect = true, round = excluded.round, time_modified = clock_timestamp()`,
  ];
}

/** Flows are written down before a sled is asked, so that they can be taken back. */
function flowMarks(
  groupId: string,
  ip: string,
  round: number,
  { join, leave }: Pick<RoundPlan, 'join' | 'leave'>,
): SQL[] {
  const joining = sql`
    insert into member_flow (group_id, propolis_id, sled_id, group_ip, sources, state, round)
    select ${groupId}, r."propolisId", r."sledId", ${ip}::inet, r.sources, 'joining', ${round}
    from jsonb_to_recordset(${JSON.stringify(join)}::jsonb) as r("propolisId" uuid, "sledId" uuid, sources text)
    on conflict (group_id, propolis_id, sources) do update
      set state = 'joining', sled_id = excluded.sled_id, round = excluded.round, time_modified = now()`;
  const leaving = sql`
    update member_flow f set state = 'leaving', round = ${round}, time_modified = now()
    from jsonb_to_recordset(${JSON.stringify(leave)}::jsonb) as r("propolisId" uuid, sources text)
    where f.group_id = ${groupId} and f.propolis_id = r."propolisId" and f.sources = r.sources`;
  return [...(join.length > 0 ? [joining] : []), ...(leave.length > 0 ? [leaving] : [])];
}

function sledsOf(flows: Flow[]): string[] {
  return [...new Set(flows.map((flow) => flow.sledId))].toSorted();
}
