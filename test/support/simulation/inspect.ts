/** What must be true once all is quiet: rows, switches and sleds say the same, and nothing is owed to anybody. */
import { places } from '../../../domain/desired';
import { foldEvents, samePlace, type InstanceFacts, type Membership } from '../../../domain/fold-events';
import { planRound, sourcesKey } from '../../../domain/plan-round';
import { groupOfTag, observedOf, sameObject } from '../../../domain/switch-edits';
import { factsOf } from './db/begin-round';
import { isRight } from './db/reconciliation';
import type { ModelSled } from './model-sled';
import type { ModelSwitch } from './model-switch';
import type { Tables } from './tables';

/** What is still under way or owed. */
export function unsettled(tables: Tables): string[] {
  const owed: string[] = [];
  for (const group of tables.groups.values()) {
    if (group.requested > group.attempted || group.timeRetry !== null)
      owed.push(`${group.name}: requested ${group.requested}, attempted ${group.attempted}, ${group.reason}`);
    if (group.state !== 'active') owed.push(`${group.name} is ${group.state}`);
  }
  for (const event of tables.events.values())
    if (event.timeFinished === null) owed.push(`${event.kind} ${event.id} of ${event.instanceId} is ${event.state}`);
  for (const facing of tables.switches.values())
    if (facing.service !== 'in_service') owed.push(`switch${facing.slot} is ${facing.service}: ${facing.lastError}`);
  for (const member of tables.members) if (member.deleted) owed.push(`a tombstone of ${member.instanceId}`);
  for (const ack of tables.acks) if (ack.suspect) owed.push(`${ack.groupId} on ${ack.switchId} is suspect`);
  for (const flow of tables.flows)
    if (!isRight(tables, tables.groups.get(flow.groupId), flow))
      owed.push(`the flow of ${flow.propolisId} in ${flow.groupId} is ${flow.state}`);
  for (const update of tables.updates)
    if (update.state === 'pending' || update.state === 'taken') owed.push(`update ${update.id} is ${update.state}`);
  return owed;
}

export function faultsOf(
  tables: Tables,
  switches: ReadonlyMap<string, ModelSwitch>,
  sleds: readonly ModelSled[],
): string[] {
  return [
    ...[...switches].flatMap(([id, model]) => onSwitch(tables, id, model)),
    ...groupFaults(tables),
    ...memberFaults(tables, switches, sleds),
    ...instanceFaults(tables),
    ...tables.waiters.map((waiter) => `${waiter.eventId} still waits for ${waiter.groupId}`),
  ];
}

function onSwitch(tables: Tables, id: string, model: ModelSwitch): string[] {
  const faults: string[] = [];
  for (const group of tables.groups.values()) {
    const ack = tables.ack(id, group.id);
    if (ack?.configGeneration !== group.configGeneration)
      faults.push(`${group.name}: generation ${ack?.configGeneration} of ${group.configGeneration} on ${id}`);
    for (const expected of Object.values(observedOf(ack?.config ?? null))) {
      const actual = expected === null ? undefined : model.objects.get(expected.ip);
      if (expected !== null && (actual === undefined || !sameObject(expected, actual)))
        faults.push(`${group.name} on ${id}: acknowledged, but it holds ${JSON.stringify(actual)}`);
    }
  }
  for (const object of model.objects.values()) {
    const group = tables.groups.get(groupOfTag(object.tag) ?? '');
    if (group === undefined) faults.push(`${id} holds ${object.ip} of ${object.tag}, which has no row`);
    if (model.torn.has(object.ip)) faults.push(`${id} holds ${object.ip} half changed`);
    if (group === undefined || object.kind !== 'underlay') continue;
    const needed = new Set(
      tables
        .live(group.id)
        .flatMap(places)
        .map((place) => tables.portOf(place)),
    );
    for (const { port, direction } of object.members)
      if (direction === 'Underlay' && !needed.has(port)) faults.push(`${id}: nobody in ${group.name} needs ${port}`);
  }
  return faults;
}

function groupFaults(tables: Tables): string[] {
  return [...tables.groups.values()].flatMap((group) => {
    const plan = planRound(factsOf(tables, group));
    return [
      ...plan.switches.map((task) => `${group.name}: ${task.name} owes ${task.change}`),
      ...[...plan.join, ...plan.leave, ...plan.leaveAfterJoin].map((flow) => `${group.name}: ${flow.propolisId} owed`),
      ...plan.excluded.map((exclusion) => `${group.name}: without ${exclusion.port}, ${exclusion.reason}`),
    ];
  });
}

function memberFaults(tables: Tables, switches: ReadonlyMap<string, ModelSwitch>, sleds: readonly ModelSled[]) {
  const faults: string[] = [];
  const wanted = new Set<string>();
  for (const member of tables.members) {
    const who = `${member.instanceId} in ${member.groupId}`;
    const instance = tables.instances.get(member.instanceId);
    const group = tables.groups.get(member.groupId);
    if (instance === undefined || group === undefined) {
      faults.push(`${who}: of nothing`);
      continue;
    }
    if (!samePlace(member.location, instance.place)) faults.push(`${who}: not where its instance is`);
    if (member.target !== null) faults.push(`${who}: still migrates`);
    if (member.state !== (member.location === null ? 'left' : 'joined')) faults.push(`${who}: ${member.state}`);
    if (member.location === null) continue;
    const { sledId, propolisId } = member.location;
    const flow = `${propolisId} ${group.ip} ${sourcesKey(group.sources)}`;
    wanted.add(flow);
    if (sleds.find((each) => each.id === sledId)?.flows.has(flow) !== true) faults.push(`${who}: without its flow`);
    for (const [id, model] of switches) {
      const underlay = model.objects.get(group.underlayIp);
      const ports = underlay?.kind === 'underlay' ? underlay.members.map((each) => each.port) : [];
      if (!ports.includes(tables.portOf(member.location) ?? '')) faults.push(`${who}: without its port on ${id}`);
    }
  }
  const lost = lostVmms(tables);
  for (const { id, flows } of sleds)
    for (const flow of flows)
      if (!wanted.has(flow) && !lost.has(flow.split(' ')[0] ?? '')) faults.push(`${id}: nobody wants ${flow}`);
  return faults;
}

/** VMMs of instances that failed: no sled is asked about them. */
function lostVmms(tables: Tables): Set<string> {
  const events = [...tables.events.values()];
  const failed = (event: { instanceId: string; generation: number }) =>
    events.some(
      (each) => each.kind === 'fail' && each.instanceId === event.instanceId && each.generation > event.generation,
    );
  return new Set(events.filter(failed).map(({ body }) => body.target?.propolis_id ?? body.propolis_id ?? ''));
}

/** Each instance is where its accepted events say, in their order, as they ended. */
function instanceFaults(tables: Tables): string[] {
  return [...tables.instances.values()].flatMap((instance) => {
    let facts: InstanceFacts = { ...instance, state: 'creating', place: null, target: null };
    const members: Membership[] = [];
    const events = [...tables.events.values()]
      .filter((event) => event.instanceId === instance.id && event.state !== 'stale')
      .toSorted((a, b) => a.generation - b.generation);
    for (const { id: eventId, generation, kind, body, state, reason } of events) {
      // What was wrong with it in the order of events is not judged again; what the network made of it is.
      const undone = state === 'failed' && (kind === 'migrate' || reason?.startsWith('registration') === true);
      if (state === 'failed' && kind === 'create') continue;
      const named = { ...body, multicast_groups: [] };
      const event = { eventId, generation, kind, body: named, failure: undone && kind === 'start' ? reason : null };
      facts = foldEvents(facts, members, [event], new Map(), () => '').instance;
      if (kind === 'migrate' && state === 'succeeded') facts = { ...facts, place: facts.target, target: null };
      if (undone) facts = { ...facts, target: null };
    }
    if (facts.state === instance.state && samePlace(facts.place, instance.place) && instance.target === null) return [];
    const at = (each: InstanceFacts) => `${each.state} at ${each.place?.propolisId ?? 'nowhere'}`;
    return [`${instance.id} is ${at(instance)}, but its events say ${at(facts)}`];
  });
}
