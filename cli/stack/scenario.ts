/**
 * Plays scenario.yaml against the running stack in Nexus's place: one event after the other, each waited for, so that the
 * table shows what that event alone did and how long it took.
 */
import { randomUUID } from 'node:crypto';
import colors from 'picocolors';
import { createEmitter, type Emitter, type EventStatus } from '../../api/client/emitter';
import type { EventKind, LifecycleEvent, VmLocation } from '../../domain/events';
import { table } from '../table';
import { bearer, httpClient, type HttpClient } from './http';
import { StackError } from './ports';
import type { RunningStack } from './launcher';
import { stableId, type Rack } from './rack';
import { SILO } from './registry';
import { instanceId, scenario, type Scenario, type Step } from './scenario-file';

type Outcome = Pick<EventStatus, 'outcome' | 'reason'>;

interface Instance {
  id: string;
  generation: number;
  location: VmLocation | undefined;
}

const OUTCOME_SECONDS = 60;

export async function playScenario({ file, rack }: RunningStack): Promise<void> {
  const script = scenario();
  const emitter = createEmitter({ address: file.internal_api, token: file.internal_token });
  const external = httpClient(file.external_api, bearer(file.token));
  const projectId = await prepare(script, emitter, external);
  const instances = new Map<string, Instance>();
  const rows: (string | number)[][] = [];
  for (const step of script.events) {
    const { name, kind, detail } = describe(step);
    const instance = instances.get(name) ?? { id: instanceId(name), generation: 0, location: undefined };
    instances.set(name, instance);
    const event = eventOf(step, { name, instance, projectId, rack });
    const started = performance.now();
    const status = await play(emitter, instance.id, event);
    const ms = Math.round(performance.now() - started);
    rows.push([kind, name, detail, outcomeText(status), ms]);
  }
  process.stdout.write(
    `\n${script.events.length} lifecycle events\n${table(['event', 'instance', '', 'outcome', 'ms'], rows, ['left', 'left', 'left', 'left', 'right'])}\n`,
  );
}

async function prepare(script: Scenario, emitter: Emitter, external: HttpClient): Promise<string> {
  const projectId = stableId(`project ${script.project}`);
  await emitter.putProject(projectId, { silo_id: SILO.id, name: script.project });
  const vpcId = stableId(`vpc ${script.vpc.name}`);
  await emitter.putVpc(vpcId, { project_id: projectId, ...script.vpc });
  for (const { name, range, default: isDefault } of script.pools) {
    await external.post('/v1/system/ip-pools', {
      name,
      description: `the scenario's ${name}`,
      ip_version: 'v4',
      pool_type: 'multicast',
    });
    await external.post(`/v1/system/ip-pools/${name}/ranges/add`, range);
    await external.post(`/v1/system/ip-pools/${name}/silos`, { silo: SILO.name, is_default: isDefault });
  }
  for (const group of script.groups) {
    await external.post(`/v1/multicast-groups?project=${script.project}`, {
      description: `the scenario's ${group.name}`,
      ...group,
    });
  }
  return projectId;
}

function describe(step: Step): { kind: EventKind; name: string; detail: string } {
  const [kind, name] = Object.entries(step)[0] as [EventKind, string];
  if ('groups' in step) return { kind, name, detail: step.groups.join(' ') };
  if ('sled' in step) return { kind, name, detail: `on ${step.sled}` };
  return { kind, name, detail: 'to' in step ? `to ${step.to}` : '' };
}

interface Circumstances {
  name: string;
  instance: Instance;
  projectId: string;
  rack: Rack;
}

/** The event that Nexus would emit, and the instance as it is afterwards. */
function eventOf(step: Step, { name, instance, projectId, rack }: Circumstances): LifecycleEvent {
  const identity = { event_id: randomUUID(), generation: ++instance.generation };
  if ('create' in step)
    return { ...identity, kind: 'create', project_id: projectId, name, multicast_groups: step.groups };
  if ('reconfigure' in step) return { ...identity, kind: 'reconfigure', multicast_groups: step.groups };
  if ('start' in step) {
    instance.location = place(rack, step.sled);
    return { ...identity, kind: 'start', ...instance.location };
  }
  if ('migrate' in step) {
    const source = instance.location;
    if (source === undefined) throw new StackError(`scenario.yaml: ${name} migrates but was not started`);
    instance.location = place(rack, step.to);
    return { ...identity, kind: 'migrate', source, target: instance.location };
  }
  if ('reboot' in step) return { ...identity, kind: 'reboot' };
  instance.location = undefined;
  return { ...identity, kind: 'stop' in step ? 'stop' : 'fail' in step ? 'fail' : 'delete' };
}

function place(rack: Rack, name: string): VmLocation {
  const sled = rack.sleds.find((each) => each.name === name);
  if (sled === undefined) throw new StackError(`scenario.yaml: there is no ${name}`);
  return { sled_id: sled.id, propolis_id: randomUUID() };
}

async function play(emitter: Emitter, instance: string, event: LifecycleEvent): Promise<Outcome> {
  const receipt = await emitter.emit(instance, event);
  if (receipt.outcome === 'disabled') return { outcome: 'disabled', reason: null };
  try {
    return await emitter.waitForOutcome(instance, event.event_id, { timeoutMs: OUTCOME_SECONDS * 1_000 });
  } catch (error) {
    return { outcome: 'running', reason: (error as Error).message };
  }
}

function outcomeText({ outcome, reason }: Outcome): string {
  if (outcome === 'succeeded') return colors.green(outcome);
  return colors.red(reason == null ? outcome : `${outcome}: ${reason}`);
}
