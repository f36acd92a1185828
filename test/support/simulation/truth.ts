/** What must be true at every moment of a program: what the rows say when they say it, against what the switches really hold. */
import type { RoundEnd } from '../../../db/commit-round';
import type { EventEnd, LifecycleInput } from '../../../domain/events';
import { onSwitch, places } from '../../../domain/desired';
import { observedOf, sameObject } from '../../../domain/switch-edits';
import { stage } from './stage';
import type { EventRow, GroupRow, Tables } from './tables';

/** All switches that count hold what the round says that they hold. */
export function checkCommitted(tables: Tables, group: GroupRow, end: RoundEnd): void {
  const { switches, faults, zombies } = stage();
  if (zombies) return;
  for (const facing of tables.switches.values()) {
    const model = switches.get(facing.id);
    if (model === undefined || facing.service !== 'in_service' || model.tampered.has(group.id)) continue;
    // A restart that no check has seen yet.
    if (!model.isKnown(facing)) continue;
    for (const expected of Object.values(observedOf(onSwitch(end.final, facing.slot, ['switch0.qsfp30'])))) {
      const actual = expected === null ? undefined : model.objects.get(expected.ip);
      if (expected !== null && (actual === undefined || !sameObject(expected, actual)))
        faults.push(
          `round ${end.round} of ${group.name} ${end.outcome}, but switch${facing.slot} holds ${JSON.stringify(actual)}`,
        );
    }
    if (end.final === null && model.objects.has(group.ip))
      faults.push(`round ${end.round} of ${group.name}: it is still on switch${facing.slot}`);
  }
}

/** After the members were judged: no port without a row that needs it, or that says that it is going. */
export function checkJudged(tables: Tables, group: GroupRow, end: RoundEnd): void {
  const { switches, faults, zombies } = stage();
  const rows = tables.members.filter((member) => member.groupId === group.id);
  const changing = rows.some(
    (member) => member.generation > end.covered && (member.deleted || member.state !== 'left'),
  );
  if (zombies || !end.settled || changing || (tables.moved.get(group.id) ?? 0) > end.covered) return;
  const needed = new Set(rows.flatMap(places).map((place) => tables.portOf(place)));
  for (const facing of tables.switches.values()) {
    const model = switches.get(facing.id);
    if (model === undefined || facing.service !== 'in_service' || model.tampered.has(group.id)) continue;
    const held = model.objects.get(group.underlayIp);
    for (const { port, direction } of held?.kind === 'underlay' ? held.members : [])
      if (direction === 'Underlay' && !needed.has(port))
        faults.push(`round ${end.round} of ${group.name}: all have left, ${port} is on switch${facing.slot}`);
  }
}

/** An event that succeeded was served in every group that it waited for. */
export function checkFinished(tables: Tables, event: EventRow): void {
  if (event.state !== 'succeeded' || event.kind === 'create' || event.kind === 'migrate') return;
  for (const [groupId, outcome] of tables.waits.get(event.id) ?? [])
    if (outcome !== 'served' && tables.groups.has(groupId))
      stage().faults.push(`${event.kind} ${event.id} succeeded, but was ${outcome ?? 'never served'} in ${groupId}`);
}

/** News takes so long at most: a signal on its way, a step that is tried again. */
const NEWS_MS = 15_000;

const isOver = (event: EventRow | undefined) =>
  event?.timeFinished != null && event.timeFinished < stage().clock.now - NEWS_MS;

/** A run that waits to its bound has not missed what counts as told. What a dead worker hears, nobody else does. */
export function checkHeard(tables: Tables, workflowId: string, ended: EventEnd[]): void {
  if (stage().zombies) return;
  for (const { eventId } of ended)
    if (isOver(tables.events.get(eventId)) && !tables.waiters.some((row) => row.eventId === eventId))
      stage().faults.push(`${workflowId} has not heard that ${eventId} is over, though it counts as told`);
}

/** A run ends with what became of its events. */
export function checkTold(tables: Tables, { id, input }: { id: string; input: unknown }, result: unknown): void {
  const { results, waiting } = result as { results?: EventEnd[]; waiting?: string[] };
  if (results === undefined) return;
  for (const { eventId } of (input as LifecycleInput).events) {
    const event = tables.events.get(eventId);
    if (event?.claimedBy !== id || event.timeFinished === null) continue;
    const said = results.find((each) => each.eventId === eventId)?.outcome;
    if (said === event.state || (said !== undefined && event.state === 'superseded')) continue;
    if (said === undefined && waiting?.includes(eventId) === true && !isOver(event)) continue;
    stage().faults.push(`${id} says that ${eventId} ${said ?? 'is not over'}, but it ${event.state}`);
  }
}
