/**
 * A project on a running stack, driven as Nexus and a tenant would: instances through lifecycle events, groups through the
 * external API, and the switches' own word for what they hold. Everything here is asked over HTTP.
 */
import { randomUUID } from 'node:crypto';
import { SILO } from '../../cli/stack/registry';
import { switchPorts } from '../../cli/stack/switch-ports';
import type { EmittedEvent, EventStatus } from '../../api/client/emitter';
import type { EventRef } from '../../domain/events';
import type { SwitchObject } from '../../domain/switch-config';
import type { RequestCounters } from '../../simulators/requests';
import { holdings } from '../support/holdings';
import { until } from '../support/rack';
import { newVm, type Vm } from '../support/vm';
import type { SystemStack } from './stack';

export interface Group {
  id: string;
  name: string;
  ip: string;
}

export interface Project {
  id: string;
  name: string;
  group(name: string, more?: Record<string, unknown>): Promise<Group>;
  vm(): Vm;
  /** Of VMs whose events are posted one after the other. */
  outcome(ref: EventRef, ms?: number): Promise<EventStatus>;
}

/** The local rack wires cubby N to rearN. */
export const portOf = (sled: number): string => `rear${sled}`;

export async function newProject(stack: SystemStack, vni?: number): Promise<Project & { vpc: string }> {
  const id = randomUUID();
  const name = `project-${id.slice(0, 8)}`;
  await stack.emitter.putProject(id, { silo_id: SILO.id, name });
  if (vni !== undefined) await stack.emitter.putVpc(randomUUID(), { project_id: id, name: 'vpc', vni });
  const inbox = {
    sleds: stack.file.sled_agents.map((agent) => ({ id: agent.sled_id })),
    projectId: id,
    async post(instanceId: string, event: { generation: number; kind: string } & Record<string, unknown>) {
      const full = { event_id: randomUUID(), ...event };
      const { outcome } = await stack.emitter.emit(instanceId, full as EmittedEvent);
      // A post whose answer was lost is repeated, and known then.
      if (outcome !== 'accepted' && outcome !== 'duplicate') throw new Error(`${event.kind}: ${outcome}`);
      return { eventId: full.event_id, instanceId, generation: event.generation };
    },
  };
  return {
    id,
    name,
    vpc: 'vpc',
    async group(groupName, more = {}) {
      const body = { name: groupName, description: '', ...more };
      const made = await stack.external('POST', `/v1/multicast-groups?project=${name}`, { body });
      if (made.status !== 201) throw new Error(`group ${groupName}: ${made.status} ${made.text}`);
      return { id: made.body.id, name: groupName, ip: made.body.multicast_ip };
    },
    vm: () => newVm(inbox),
    outcome: ({ instanceId, eventId }, timeoutMs = 60_000) =>
      stack.emitter.waitForOutcome(instanceId, eventId, { timeoutMs }),
  };
}

/** The outcomes of all, in order. */
export async function outcomes(project: Project, refs: EventRef[]): Promise<string[]> {
  return (await Promise.all(refs.map((ref) => project.outcome(ref)))).map((status) => status.outcome);
}

/** `instance → state` as the external API shows it. */
export async function members(stack: SystemStack, group: Group): Promise<Record<string, string>> {
  const states: Record<string, string> = {};
  let page = '?limit=500';
  for (;;) {
    const { body } = await stack.external('GET', `/v1/multicast-groups/${group.id}/members${page}`);
    for (const member of body.items) states[member.instance_id] = member.state;
    if (body.next_page == null) return states;
    page = `?limit=500&page_token=${encodeURIComponent(body.next_page)}`;
  }
}

/** Per switch, the group's ports; null where the group is not there. */
export async function portsOnBoth(stack: SystemStack, ip: string): Promise<(string[] | null)[]> {
  const read = stack.file.switches.map(({ address }) => switchPorts(address));
  return (await Promise.all(read)).map((ports) => ports.get(ip) ?? null);
}

/** Waits until both switches have exactly these ports. */
export async function portsBecome(stack: SystemStack, ip: string, ports: string[], ms = 60_000): Promise<void> {
  const wanted = JSON.stringify(ports);
  await until(
    `${ip} has ${wanted} on both switches`,
    async () => (await portsOnBoth(stack, ip)).every((held) => JSON.stringify(held) === wanted),
    ms,
  );
}

/** Per switch, the object at the address as the switch has it. */
export async function objectOnBoth(stack: SystemStack, ip: string): Promise<(SwitchObject | undefined)[]> {
  const held = await Promise.all(stack.file.switches.map(({ address }) => holdings(address)));
  return held.map((objects) => objects.get(ip));
}

/** Writes that each switch has had since it was started. */
export async function writes(stack: SystemStack): Promise<number[]> {
  return Promise.all(
    stack.file.switches.map(async ({ address }) => {
      const counters = (await (await fetch(`${address}/sim/requests`)).json()) as RequestCounters;
      return counters.writes;
    }),
  );
}
