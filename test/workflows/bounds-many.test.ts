/** Many of everything that `domain/limits.ts` bounds: the most that is allowed works, and what is beyond is said clearly. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { acceptEvents } from '../../db/accept-events';
import { joinGroup } from '../../db/members';
import type { LifecycleEvent } from '../../domain/events';
import { LIMITS } from '../../domain/limits';
import { fitsSearchAttribute } from '../../domain/search-attributes';
import { faultsOf, settle } from '../support/invariants';
import { backdate } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm } from '../support/vm';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());

test(`${LIMITS.groupsPerInstance} groups of one instance; one more is refused by every door, and says the limit`, async () => {
  const groups = await Promise.all(
    Array.from({ length: LIMITS.groupsPerInstance }, (_, at) => rack.group(`many-${at}`, freshIp())),
  );
  const vm = newVm(rack);
  expect(await rack.settled([await vm.create(groups), await vm.start(0)])).toEqual(['succeeded', 'succeeded']);
  const more = await rack.group('one-more', freshIp());
  const limit = new RegExp(`${LIMITS.groupsPerInstance}`);
  await expect(vm.reconfigure([...groups, more])).rejects.toThrow(limit);
  await expect(newVm(rack).create([...groups, more])).rejects.toThrow(limit);
  await expect(rack.db.transaction((tx) => joinGroup(tx, { instanceId: vm.id, groupId: more }))).rejects.toThrow(limit);
  expect(await rack.members(more)).toEqual([]);
}, 90_000);

test('groups of a run that do not fit one search attribute are cut, and the run goes on', async () => {
  const names = Array.from({ length: 60 }, (_, at) => `wide-${at}`);
  const groups = await Promise.all(names.map((name) => rack.group(name, freshIp())));
  expect(JSON.stringify(fitsSearchAttribute(groups)).length).toBeLessThanOrEqual(LIMITS.searchAttributeBytes);
  const vms = [groups.slice(0, 30), groups.slice(30)].map((own) => ({ vm: newVm(rack, { start: false }), own }));
  const created = await Promise.all(vms.map(({ vm, own }) => vm.create(own)));
  await rack.startTogether('create', created);
  await rack.settled(created);
  // The run waits for a sled, and says meanwhile where.
  rack.sleds[1]!.state.pause('hang');
  const started = await Promise.all(vms.map(({ vm }) => vm.start(1)));
  await rack.startTogether('start', started);
  const shown = await until('it says where it waits', async () => {
    const { claimed_by: run } = await rack.event(started[0]!);
    if (run === null) return null;
    const { searchAttributes } = await rack.temporal.client.workflow.getHandle(run).describe();
    return searchAttributes['MulticastGroupId'] as string[] | undefined;
  });
  rack.sleds[1]!.state.resume();
  expect(await rack.settled(started)).toEqual(['succeeded', 'succeeded']);
  expect(shown.length).toBeLessThan(groups.length);
  expect(groups).toEqual(expect.arrayContaining(shown));
}, 90_000);

test(`${LIMITS.batchEvents} events are accepted together, and redelivered in runs of at most ${LIMITS.eventsPerRun}`, async () => {
  const group = await rack.group('batch', freshIp());
  const posted = Array.from({ length: LIMITS.batchEvents }, (_, at) => {
    const event: LifecycleEvent = {
      event_id: randomUUID(),
      generation: 1,
      kind: 'create',
      project_id: rack.projectId,
      name: `batch-${at}`,
      multicast_groups: at % 10 === 0 ? [group] : [],
    };
    return { instanceId: randomUUID(), event };
  });
  const answers = await acceptEvents(rack.db, posted);
  expect(new Set(answers.map((answer) => answer.outcome))).toEqual(new Set(['accepted']));
  const ids = posted.map(({ event }) => event.event_id);
  await backdate(rack, ids);
  expect(await rack.run('reconcile')).toMatchObject({ events_redelivered: LIMITS.batchEvents, errors: [] });
  await settle(rack);
  const runs = await rack.db.execute<{ events: number; succeeded: number }>(sql`
    select count(*)::int as events, (count(*) filter (where state = 'succeeded'))::int as succeeded
    from instance_event where event_id in ${ids} group by claimed_by`);
  expect(Math.max(...[...runs].map((run) => run.events))).toBeLessThanOrEqual(LIMITS.eventsPerRun);
  expect([...runs].reduce((sum, run) => sum + run.succeeded, 0)).toBe(LIMITS.batchEvents);
}, 90_000);

test('after all this the rack is as it should be', async () => {
  expect(await faultsOf(rack)).toEqual([]);
}, 90_000);
