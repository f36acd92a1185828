/**
 * One round of a group, decided from the rows: what every switch should hold, what has to be written where, and which flows
 * on the sleds come and go. Pure.
 *
 * Invariants: a switch is written only where its acknowledgement differs, is unknown or is suspect; a port that a required
 * switch does not have, or has refused, stays out on all of them, with its reason; only ports that are in have flows.
 */
import { desiredConfig, describeChange, onSwitch, places, underlayPorts, wantedPorts } from './desired';
import type { Exclusion, GroupFacts, MemberFacts } from './desired';
import { observedOf, sameObject } from './switch-edits';
import type { SwitchConfig } from './switch-config';

export interface SwitchFacts {
  id: string;
  slot: number;
  /** In service: the round needs it. Otherwise it is being brought back and fails nobody. */
  inService: boolean;
  incarnation: number;
  /** Null = not known. */
  ports: string[] | null;
}

export interface AckFacts {
  switchId: string;
  config: SwitchConfig | null;
  incarnation: number;
  suspect: boolean;
}

export interface FlowFacts {
  propolisId: string;
  sledId: string;
  /** Sorted, comma-separated. */
  sources: string;
  state: 'joining' | 'joined' | 'leaving';
  /** A registration is under way that may bring it to the NIC at any time: to take it back now would be too early. */
  registering: boolean;
}

export interface RefusalFacts {
  switchId: string;
  port: string;
  incarnation: number;
  reason: string;
}

export interface RoundFacts {
  group: GroupFacts;
  /** The last configuration that all required switches had acknowledged. */
  acknowledged: SwitchConfig | null;
  members: MemberFacts[];
  /** sled id → `rearN`. */
  ports: ReadonlyMap<string, string>;
  switches: SwitchFacts[];
  acks: AckFacts[];
  flows: FlowFacts[];
  refusals: RefusalFacts[];
  /** `switchN.qsfpM` */
  uplinks: string[];
}

/** What a switch is known to hold; null = unknown, so it is read first. */
export interface Known {
  config: SwitchConfig | null;
}

export interface SwitchTask {
  switchId: string;
  /** `switch0` */
  name: string;
  required: boolean;
  incarnation: number;
  known: Known | null;
  desired: SwitchConfig | null;
  /** `+rear5 -rear6`, for people. */
  change: string;
}

export interface Flow {
  propolisId: string;
  sledId: string;
  sources: string;
}

export interface RoundPlan {
  /** Without uplinks. */
  desired: SwitchConfig | null;
  excluded: Exclusion[];
  /** Ports of `desired` that were not in the acknowledged configuration: the first suspects when a switch refuses. */
  newPorts: string[];
  switches: SwitchTask[];
  join: Flow[];
  /** `owed`: asked before, and not confirmed. */
  leave: (Flow & { owed: boolean })[];
  /** Left only after the VMM has joined with its new sources. */
  leaveAfterJoin: Flow[];
}

export function planRound(facts: RoundFacts): RoundPlan {
  const wanted = wantedPorts(facts.members, facts.ports);
  const excluded = wanted.map((port) => exclusion(port, facts)).filter((found) => found !== null);
  const out = new Set(excluded.map((found) => found.port));
  const desired = desiredConfig(
    facts.group,
    wanted.filter((port) => !out.has(port)),
  );
  const before = new Set(underlayPorts(facts.acknowledged));
  return {
    desired,
    excluded,
    newPorts: underlayPorts(desired).filter((port) => !before.has(port)),
    switches: switchTasks(desired, facts),
    ...flowChanges(desired, facts),
  };
}

/** What is still to be written so that every switch holds `desired`. */
export function switchTasks(
  desired: SwitchConfig | null,
  facts: Pick<RoundFacts, 'switches' | 'acks' | 'uplinks'>,
): SwitchTask[] {
  const tasks = facts.switches.map((facing): SwitchTask | null => {
    const ack = facts.acks.find((candidate) => candidate.switchId === facing.id);
    const config = onSwitch(desired, facing.slot, facts.uplinks);
    const known =
      ack !== undefined && !ack.suspect && ack.incarnation === facing.incarnation ? { config: ack.config } : null;
    if (known !== null && sameConfig(known.config, config)) return null;
    return {
      switchId: facing.id,
      name: `switch${facing.slot}`,
      required: facing.inService,
      incarnation: facing.incarnation,
      known,
      desired: config,
      change: describeChange(ack?.config ?? null, config),
    };
  });
  return tasks.filter((task) => task !== null);
}

export function sameConfig(a: SwitchConfig | null, b: SwitchConfig | null): boolean {
  const left = observedOf(a);
  const right = observedOf(b);
  if (left.underlay === null || left.external === null) return right.underlay === null;
  if (right.underlay === null || right.external === null) return false;
  return sameObject(left.underlay, right.underlay) && sameObject(left.external, right.external);
}

function exclusion(port: string, facts: RoundFacts): Exclusion | null {
  for (const facing of facts.switches.filter((candidate) => candidate.inService)) {
    if (facing.ports !== null && !facing.ports.includes(port))
      return { port, reason: `switch${facing.slot} has no port ${port}` };
    const refusal = facts.refusals.find(
      (candidate) =>
        candidate.switchId === facing.id && candidate.port === port && candidate.incarnation === facing.incarnation,
    );
    if (refusal !== undefined) return { port, reason: refusal.reason };
  }
  return null;
}

function flowChanges(
  desired: SwitchConfig | null,
  facts: RoundFacts,
): Pick<RoundPlan, 'join' | 'leave' | 'leaveAfterJoin'> {
  const included = new Set(underlayPorts(desired));
  const sources = sourcesKey(facts.group.sources);
  const wanted = new Map<string, Flow>();
  for (const place of facts.members.flatMap(places)) {
    const port = facts.ports.get(place.sledId);
    if (port === undefined || !included.has(port)) continue;
    wanted.set(flowKey({ ...place, sources }), { propolisId: place.propolisId, sledId: place.sledId, sources });
  }
  const kept = new Set([...wanted.values()].map((flow) => flow.propolisId));
  const gone = facts.flows.filter((flow) => !flow.registering && !wanted.has(flowKey(flow)));
  const joined = new Set(facts.flows.filter((flow) => flow.state === 'joined').map(flowKey));
  return {
    join: [...wanted.values()].filter((flow) => !joined.has(flowKey(flow))),
    leave: gone
      .filter((flow) => !kept.has(flow.propolisId))
      .map((flow) => ({ ...flow, owed: flow.state === 'leaving' })),
    leaveAfterJoin: gone.filter((flow) => kept.has(flow.propolisId)),
  };
}

function flowKey(flow: { propolisId: string; sledId: string; sources: string }): string {
  return `${flow.propolisId} ${flow.sledId} ${flow.sources}`;
}

/** How a set of sources is written where it is part of a key. */
export function sourcesKey(sources: string[]): string {
  return [...new Set(sources)].toSorted().join(',');
}
