/** States `db/begin-round.ts` and `db/load-round.ts` again, around the real `planRound`. */
import type * as real from '../../../../db/begin-round';
import { restoreTarget, wantedPorts } from '../../../../domain/desired';
import { planRound, switchTasks, type Flow, type RoundFacts, type SwitchTask } from '../../../../domain/plan-round';
import type { SwitchConfig } from '../../../../domain/switch-config';
import { tagOf } from '../../../../domain/switch-edits';
import { stage } from '../stage';
import { atomic, now, type GroupRow, type Tables } from '../tables';
import { takeUpdate } from './group-updates';

export const retryIn = (group: GroupRow): number | null =>
  group.timeRetry === null ? null : Math.max(0, group.timeRetry - now());

export function factsOf(tables: Tables, group: GroupRow, sources = group.sources): RoundFacts {
  const members = tables.live(group.id).filter((member) => member.location !== null || member.target !== null);
  const mine = <Row extends { groupId: string }>(rows: Row[]) => rows.filter((row) => row.groupId === group.id);
  return {
    group: {
      tag: tagOf(group.id),
      ip: group.ip,
      underlayIp: group.underlayIp,
      vni: 77,
      vlan: null,
      sources,
      deleting: group.state === 'deleting',
    },
    acknowledged: group.config,
    members: members.map(({ location, target }) => ({ location, target })),
    ports: new Map([...tables.sleds].map(([id, port]) => [id, `rear${port}`])),
    switches: [...tables.switches.values()]
      .filter((row) => row.service !== 'unreachable')
      .map(({ id, slot, service, incarnation, ports }) => ({
        id,
        slot,
        inService: service === 'in_service',
        incarnation,
        ports,
      })),
    acks: mine(tables.acks).map(believed),
    flows: mine(tables.flows).map((flow) => ({ ...flow })),
    refusals: mine(tables.refusals),
    uplinks: ['switch0.qsfp30'],
  };
}

function believed(ack: RoundFacts['acks'][number]): RoundFacts['acks'][number] {
  const { switchId, config, incarnation } = ack;
  const suspect = ack.suspect && stage().defect !== 'suspect acknowledgement believed';
  return { switchId, config, incarnation, suspect };
}

export const beginRound: typeof real.beginRound = atomic((tables, groupId: string): real.RoundStart => {
  const group = tables.groups.get(groupId);
  if (group === undefined) return { kind: 'gone' };
  const retryInMs = retryIn(group);
  if (group.requested <= group.attempted && (retryInMs === null || retryInMs > 0)) return { kind: 'idle', retryInMs };
  group.round += 1;
  const { round } = group;
  const update = group.state === 'active' ? takeUpdate(tables, groupId, round) : null;
  const facts = factsOf(tables, group, update?.sources);
  const plan = planRound(facts);
  markSuspect(tables, groupId, round, plan.switches);
  markFlows(tables, group, plan.join, plan.leave);
  return {
    kind: 'round',
    round,
    covered: group.requested,
    name: group.name,
    ip: group.ip,
    underlayIp: group.underlayIp,
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

export const planRestore: typeof real.planRestore = atomic(
  (tables, groupId: string, round: number, reached?: SwitchConfig | null): real.Restoration => {
    const group = tables.groups.get(groupId);
    if (group === undefined || group.round !== round) return { target: null, switches: [] };
    const facts = factsOf(tables, group);
    const acknowledged = reached === undefined ? facts.acknowledged : reached;
    const target = facts.group.deleting ? null : restoreTarget(acknowledged, wantedPorts(facts.members, facts.ports));
    const switches = switchTasks(target, facts);
    markSuspect(tables, groupId, round, switches);
    return { target, switches };
  },
);

export const planConfig: typeof real.planConfig = atomic(
  (tables, groupId: string, round: number, desired: SwitchConfig | null): SwitchTask[] => {
    const group = tables.groups.get(groupId);
    if (group === undefined || group.round !== round) return [];
    const tasks = switchTasks(desired, factsOf(tables, group));
    markSuspect(tables, groupId, round, tasks);
    return tasks;
  },
);

function markSuspect(tables: Tables, groupId: string, round: number, tasks: SwitchTask[]): void {
  for (const { switchId, incarnation } of tasks) {
    const ack = tables.ack(switchId, groupId);
    if (ack !== undefined) Object.assign(ack, { suspect: true, round, timeModified: now() });
    else
      tables.acks.push({
        switchId,
        groupId,
        config: null,
        configGeneration: 0,
        round,
        incarnation,
        suspect: true,
        asked: null,
        refused: false,
        timeLastError: null,
        timeModified: now(),
      });
  }
}

function markFlows(tables: Tables, { id: groupId, ip: groupIp, round }: GroupRow, join: Flow[], leave: Flow[]): void {
  const find = (flow: Flow) =>
    tables.flows.find(
      (row) => row.groupId === groupId && row.propolisId === flow.propolisId && row.sources === flow.sources,
    );
  for (const { propolisId, sledId, sources } of join) {
    const present = find({ propolisId, sledId, sources });
    if (present !== undefined) Object.assign(present, { state: 'joining', sledId, round });
    else
      tables.flows.push({
        groupId,
        propolisId,
        sledId,
        groupIp,
        sources,
        state: 'joining',
        registering: false,
        round,
        reason: null,
      });
  }
  for (const flow of leave) Object.assign(find(flow) ?? {}, { state: 'leaving', round });
}

function sledsOf(flows: Flow[]): string[] {
  return [...new Set(flows.map((flow) => flow.sledId))].toSorted();
}
