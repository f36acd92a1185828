/** What comes from outside: events as Nexus posts them, memberships and groups as users change them. Each is one transaction. */
import { Admissions } from '../../../domain/admit-event';
import type { LifecycleEvent, WorkflowKind } from '../../../domain/events';
import { requestGroups } from './db/requests';
import { queuedUpdates, refuseUpdates } from './db/group-updates';
import type { Engine } from './engine';
import { stage } from './stage';
import { Starts } from './starts';
import { now, type Tables } from './tables';
import type { GroupRequest } from '../../../db/requests';

export const PROJECT = 'project';

export class Api {
  #sequence = 0;
  readonly #processes: Starts[];

  constructor(
    private readonly tables: Tables,
    private readonly engine: Engine,
  ) {
    this.#processes = [new Starts(engine), new Starts(engine)];
  }

  /** Returns what became of it. */
  post(instanceId: string, event: LifecycleEvent): string {
    const { tables } = this;
    const groups = [...tables.groups.values()].map(({ id, projectId, name, state }) => ({
      id,
      projectId,
      name,
      deleting: state === 'deleting',
    }));
    const known = [...tables.events.values()].map(({ id: eventId, claimedBy }) => ({
      eventId,
      contentHash: eventId,
      claimedBy,
    }));
    const references = { projects: new Set([PROJECT]), sleds: new Set(tables.sleds.keys()), groups, named: [] };
    const admissions = new Admissions(tables.instances.values(), known, references);
    const admission = admissions.admit(instanceId, event, event.event_id);
    if (admission.verdict === 'refused') return admission.error.message;
    if (admission.verdict === 'duplicate') return 'duplicate';
    const stale = admission.verdict === 'stale';
    const instance = admissions.instances.get(instanceId);
    if (instance !== undefined && !stale)
      tables.instances.set(instanceId, {
        ...(tables.instances.get(instanceId) ?? { state: 'creating', place: null, target: null }),
        ...instance,
      });
    const reboot = event.kind === 'reboot';
    tables.events.set(event.event_id, {
      id: event.event_id,
      instanceId,
      generation: event.generation,
      kind: event.kind,
      body: admission.body,
      state: stale ? 'stale' : reboot ? 'succeeded' : 'pending',
      reason: null,
      claimedBy: null,
      timeAccepted: now(),
      timeClaimed: null,
      applied: reboot,
      timeFinished: stale || reboot ? now() : null,
      supersededBy: null,
      sequence: ++this.#sequence,
    });
    if (!stale && !reboot)
      this.#processes[stage().clock.random.below(this.#processes.length)]?.add(event.kind as WorkflowKind, {
        eventId: event.event_id,
        instanceId,
        generation: event.generation,
      });
    return admission.verdict;
  }

  join(instanceId: string, groupId: string): void {
    const { tables } = this;
    const instance = tables.instances.get(instanceId);
    const group = tables.groups.get(groupId);
    if (instance === undefined || instance.deleted || group === undefined || group.state === 'deleting') return;
    const present = tables.live(groupId).find((member) => member.instanceId === instanceId);
    if (present?.state === 'joined') return;
    const requests = requestGroups(tables, [groupId]);
    const generation = requests[0]?.request ?? 0;
    const { place: location, target } = instance;
    if (present === undefined)
      tables.members.push({
        id: tables.newId(),
        groupId,
        instanceId,
        state: 'joining',
        location,
        target,
        generation,
        reason: null,
        createdBy: null,
        deleted: false,
      });
    else if (present.state === 'left') Object.assign(present, { state: 'joining', location, target, generation });
    this.#wake(requests);
  }

  leave(instanceId: string, groupId: string): void {
    const { tables } = this;
    const instance = tables.instances.get(instanceId);
    const present = tables.live(groupId).find((member) => member.instanceId === instanceId);
    if (instance === undefined || instance.deleted || present === undefined) return;
    const requests = requestGroups(tables, [groupId]);
    const generation = requests[0]?.request ?? 0;
    Object.assign(present, { deleted: true, generation, location: null, target: null });
    this.#wake(requests);
  }

  createGroup(name: string, number: number): void {
    const { tables } = this;
    const id = tables.newId();
    tables.groups.set(id, {
      id,
      name,
      ip: `232.1.0.${number}`,
      underlayIp: `ff04::e801:${number}`,
      projectId: PROJECT,
      state: 'creating',
      sources: ['10.0.0.1'],
      config: null,
      configGeneration: 0,
      requested: 0,
      attempted: 0,
      served: 0,
      round: 0,
      failures: 0,
      outcome: null,
      reason: null,
      timeRequested: null,
      timeRetry: null,
    });
    this.#wake(requestGroups(tables, [id]));
  }

  deleteGroup(groupId: string): void {
    const group = this.tables.groups.get(groupId);
    if (group === undefined || group.state === 'deleting') return;
    group.state = 'deleting';
    refuseUpdates(this.tables, groupId);
    const requests = requestGroups(this.tables, [groupId]);
    const generation = requests[0]?.request ?? 0;
    for (const member of this.tables.live(groupId))
      Object.assign(member, { deleted: true, generation, location: null, target: null });
    this.#wake(requests);
  }

  update(groupId: string, sources: string[]): void {
    const group = this.tables.groups.get(groupId);
    if (group?.state !== 'active' || queuedUpdates(this.tables, groupId).length > 2) return;
    const id = this.tables.newId();
    this.tables.updates.push({ id, groupId, sources, state: 'pending', reason: null, round: null, told: false });
    requestGroups(this.tables, [groupId]);
    const { ip, name } = group;
    this.engine.client.startUpdate({ updateId: id, group: { id: groupId, ip, name } }).catch(() => {});
  }

  moveSled(sledId: string, port: number): void {
    const { tables } = this;
    const before = tables.sleds.get(sledId);
    if (before === undefined || [...tables.sleds.values()].includes(port)) return;
    tables.sleds.set(sledId, port);
    const groups = tables.members
      .filter((row) => !row.deleted && (row.location?.sledId === sledId || row.target?.sledId === sledId))
      .map((row) => row.groupId);
    const requests = requestGroups(tables, groups);
    for (const { groupId, request } of requests) tables.moved.set(groupId, request);
    const ports = [`rear${before}`, `rear${port}`];
    tables.refusals = tables.refusals.filter(
      (refusal) => !groups.includes(refusal.groupId) || !ports.includes(refusal.port),
    );
    this.#wake(requests);
  }

  #wake(requests: GroupRequest[]): void {
    for (const { groupId: id, ip, wake } of requests)
      if (wake) this.engine.client.wakeGroup({ id, ip }).catch(() => {});
  }
}
