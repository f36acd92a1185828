/**
 * Why an instance does, or does not, receive a group: the chain from what was asked for to the VM's NIC, link by link, as the
 * rows know it. Pure.
 *
 * Invariant: the links come in the order in which a packet's way is made, so the first broken one is the cause and what is
 * broken after it may only be its consequence. A switch that is out of service breaks its own path, not the others'.
 */
import { underlayPorts } from './desired';
import { sourcesKey } from './plan-round';
import type { SwitchConfig } from './switch-config';

export interface ExplainFacts {
  enabled: boolean;
  group: {
    state: 'creating' | 'active' | 'deleting';
    sources: string[];
    requested: number;
    served: number;
    configGeneration: number;
    outcome: string | null;
    reason: string | null;
  };
  switches: SwitchStanding[];
  /** Null: the question is about the group alone. */
  instance: InstanceStanding | null;
  /** Null: from anybody whom the group takes. */
  source: string | null;
}

export interface SwitchStanding {
  name: string;
  service: 'unreachable' | 'resyncing' | 'in_service';
  config: SwitchConfig | null;
  configGeneration: number;
  /** Of the daemon that now runs there, and not in doubt. */
  believed: boolean;
  lastError: string | null;
  /** It refuses the group, or the port in question, and says why. */
  refusal: string | null;
  /** What reconciliation has found there and no round has repaired yet. */
  drift: { port: string | null; detail: string }[];
}

export interface InstanceStanding {
  name: string;
  state: string;
  /** Null: it is not a member. */
  member: { generation: number; state: 'joining' | 'joined' | 'left'; reason: string | null; removed: boolean } | null;
  /** Null: it runs nowhere. */
  vmm: { propolisId: string; port: string | null; agentVersion: number | null } | null;
  flows: { sources: string; state: 'joining' | 'joined' | 'leaving'; reason: string | null }[];
}

export type LinkName =
  | 'multicast'
  | 'membership'
  | 'instance'
  | 'generation'
  | 'switches'
  | `switch${number}`
  | 'source filter'
  | 'sled'
  | 'agent version';

export interface Link {
  link: LinkName;
  /** `limited`: the packet comes through, but not as far as it should. */
  state: 'whole' | 'limited' | 'broken';
  detail: string;
}

export interface Explanation {
  /** `partly`: through some of the switches, or no further than the sled's port. */
  receives: 'yes' | 'partly' | 'no';
  /** The first broken link. */
  broken: LinkName | null;
  why: string;
  links: Link[];
}

export function explain(facts: ExplainFacts): Explanation {
  const links = linksOf(facts);
  const someone = links.some((link) => isPath(link) && link.state !== 'broken');
  const cause = links.find(({ state }) => state === 'broken') ?? links.find(({ state }) => state === 'limited');
  const cut = links.some((link) => link.state === 'broken' && !isPath(link)) || !someone;
  const receives = cut ? 'no' : cause === undefined ? 'yes' : 'partly';
  return { receives, broken: cause?.link ?? null, why: cause?.detail ?? 'every link is whole', links };
}

const isPath = ({ link }: Link): boolean => /^switch\d+$/.test(link);

function linksOf(facts: ExplainFacts): Link[] {
  const { instance } = facts;
  const gate = facts.enabled ? [] : [limited('multicast', 'switched off: nothing new is programmed')];
  const wanted = instance === null ? [] : wantedLinks(instance);
  // Who is not a member, or runs nowhere, has no port and no flow to look for.
  const lost = wanted.find(({ state }) => state === 'broken');
  if (lost !== undefined) return [...gate, ...wanted];
  const port = instance?.vmm?.port ?? null;
  return [
    ...gate,
    ...wanted,
    generationLink(facts),
    ...(facts.switches.length === 0 ? [broken('switches', 'the rack has no switch')] : []),
    ...facts.switches.map((facing) => switchLink(facing, facts, port)),
    ...(facts.source === null ? [] : [sourceLink(facts.source, facts.group.sources)]),
    ...(instance === null ? [] : sledLinks(instance, facts.group.sources)),
  ];
}

function wantedLinks({ name, state, member, vmm }: InstanceStanding): Link[] {
  if (member === null) return [broken('membership', `${name} is not a member`)];
  if (member.removed)
    return [broken('membership', `the membership of ${name} was removed; the switches have not all confirmed it`)];
  const joined = whole(
    'membership',
    `${name} is a member, ${member.state}${member.reason === null ? '' : `: ${member.reason}`}`,
  );
  if (vmm === null) return [joined, broken('instance', `${name} is ${state} and runs on no sled`)];
  if (vmm.port === null) return [joined, broken('instance', `the sled of ${name} is not registered`)];
  return [joined, whole('instance', `runs as VMM ${vmm.propolisId} behind ${vmm.port}`)];
}

/** Whether what is asked for has been brought about. What was there before goes on working. */
function generationLink({ group, instance }: ExplainFacts): Link {
  if (group.state === 'deleting') return broken('generation', 'the group is being deleted');
  const asked = instance?.member?.generation ?? group.requested;
  if (group.served >= asked) return whole('generation', `request ${asked} has been served`);
  const round =
    group.outcome === null ? 'no round has ended yet' : `the newest round: ${said(group.outcome, group.reason)}`;
  const detail = `request ${asked} is open, ${group.served} was the last one served; ${round}`;
  // A member that waits for the round has nothing from before.
  return instance?.member?.state === 'joining' || group.state === 'creating'
    ? broken('generation', detail)
    : limited('generation', detail);
}

function switchLink(facing: SwitchStanding, { group, switches }: ExplainFacts, port: string | null): Link {
  const link = facing.name as LinkName;
  const error = facing.lastError === null ? '' : `; ${facing.lastError}`;
  if (facing.service !== 'in_service') return broken(link, `${facing.service.replace('_', ' ')}${error}`);
  if (facing.refusal !== null) return broken(link, `refused: ${facing.refusal}`);
  const drift = facing.drift.filter((found) => found.port === null || port === null || found.port === port);
  if (drift.length > 0) return broken(link, `drift: ${drift.map(({ detail }) => detail).join('; ')}`);
  if (facing.config === null) return broken(link, `has acknowledged no group${error}`);
  if (port !== null && !underlayPorts(facing.config).includes(port)) {
    // A port that one switch refuses stays out on all of them.
    const refusing = switches.find((other) => other.refusal !== null && other.service === 'in_service');
    const cause = refusing === undefined ? error : `: ${refusing.name} refuses it, ${refusing.refusal}`;
    return broken(link, `has no port ${port}${cause}`);
  }
  if (!facing.believed) return limited(link, `what it has acknowledged is in doubt and will be read${error}`);
  if (facing.configGeneration < group.configGeneration)
    return limited(link, `behind: has configuration ${facing.configGeneration} of ${group.configGeneration}${error}`);
  return whole(
    link,
    port === null ? `holds ${underlayPorts(facing.config).join(' ') || 'no ports'}` : `replicates to ${port}`,
  );
}

function sourceLink(source: string, sources: string[]): Link {
  if (sources.length === 0) return whole('source filter', 'the group takes any source');
  return sources.includes(source)
    ? whole('source filter', `the group takes ${source}`)
    : broken('source filter', `the group takes ${sourcesKey(sources).replaceAll(',', ' ')} only, not ${source}`);
}

function sledLinks({ vmm, flows }: InstanceStanding, sources: string[]): Link[] {
  const version = vmm?.agentVersion ?? null;
  const flow = flows.find((each) => each.sources === sourcesKey(sources));
  if (flow?.state === 'joined' && flow.reason !== null)
    return [whole('sled', 'reached at its port'), limited('agent version', flow.reason)];
  const told = whole('agent version', version === null ? 'not known yet' : `version ${version}`);
  if (flow?.state === 'joined') return [whole('sled', 'has confirmed the join'), told];
  const other = flows.find((each) => each.state === 'joined');
  const why = flow?.reason ?? (flow === undefined ? 'not asked yet' : `asked, ${flow.state}`);
  if (other !== undefined)
    return [
      limited('sled', `accepts the group from ${other.sources.replaceAll(',', ' ') || 'any source'} still: ${why}`),
      told,
    ];
  return [broken('sled', `has not confirmed the join: ${why}`), told];
}

const said = (outcome: string, reason: string | null): string => (reason === null ? outcome : `${outcome}, ${reason}`);
const whole = (link: LinkName, detail: string): Link => ({ link, state: 'whole', detail });
const limited = (link: LinkName, detail: string): Link => ({ link, state: 'limited', detail });
const broken = (link: LinkName, detail: string): Link => ({ link, state: 'broken', detail });
