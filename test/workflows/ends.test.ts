/** How events end with their rounds, and how their runs hear of it: in the process, by a signal, from the round's own workflow, by reconciliation. */
import { sql } from 'drizzle-orm';
import { groupWorkflowId } from '../../domain/workflow-ids';
import type { EventRef } from '../../domain/events';
import type { LifecycleResult } from '../../workflows/lifecycle';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { startRack, until, type TestRack } from '../support/rack';
import { shownBy } from '../support/told-history';
import { startVictim } from '../support/victim';
import { freshIp, newVm, runningVm, type Vm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap, visibleSteps: false });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  injector.clear();
  jest.restoreAllMocks();
  await expectInvariants(rack);
});

const runOf = (ref: EventRef) => `start/${ref.instanceId}/${ref.eventId}`;
const statusOf = async (workflowId: string) =>
  (await rack.temporal.client.workflow.getHandle(workflowId).describe()).status.name;
const resultOf = (workflowId: string) =>
  rack.temporal.client.workflow.getHandle(workflowId).result() as Promise<LifecycleResult>;

/** A member of these groups that does not run yet; nothing is under way. */
async function stopped(groups: string[]): Promise<Vm> {
  const vm = newVm(rack);
  await rack.settled([await vm.create(groups)]);
  await settle(rack);
  return vm;
}

/** Its round is held until the run waits for the signal: nobody waits in the process any more. */
async function startThatWaits(vm: Vm, group: string): Promise<{ start: EventRef; release: () => void }> {
  const round = injector.hold({ activity: 'beginRound', about: [group] });
  const start = await vm.start(0);
  await round.reached;
  const claimed = await until('its first step is over', async () => {
    const { local } = await shownBy(rack, runOf(start));
    return local.find((step) => step.activity === 'claimEvents');
  });
  expect(claimed.result).toMatchObject({ events: [{ eventId: start.eventId }], ended: [] });
  expect((await rack.event(start)).state).toBe('running');
  return { start, release: round.release };
}

test('a round that is over while the run takes its event: one step of one run, and no signal', async () => {
  const group = await rack.group('at-once', freshIp());
  const start = await (await stopped([group])).start(0);
  expect(await resultOf(runOf(start))).toMatchObject({ results: [{ eventId: start.eventId, outcome: 'succeeded' }] });
  const { local, signals, visible } = await shownBy(rack, runOf(start));
  expect([local.map((step) => step.activity), signals, visible]).toEqual([['claimEvents'], [], []]);
});

test('a round that takes longer: the wait in the process is given up, and the signal ends the run', async () => {
  const group = await rack.group('later', freshIp());
  const { start, release } = await startThatWaits(await stopped([group]), group);
  release();
  expect(await resultOf(runOf(start))).toMatchObject({ results: [{ eventId: start.eventId, outcome: 'succeeded' }] });
  expect((await shownBy(rack, runOf(start))).signals).toEqual(['ended']);
});

test('two groups find the same run over: one of them tells it', async () => {
  const groups = [await rack.group('one-tells', freshIp()), await rack.group('other-tells', freshIp())] as const;
  const others = [await stopped([groups[0]]), await stopped([groups[1]])];
  const { start, release } = await startThatWaits(await stopped([...groups]), groups[1]);
  const told: string[] = [];
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const tellEnded = rack.temporal.tellEnded.bind(rack.temporal);
  jest.spyOn(rack.temporal, 'tellEnded').mockImplementation(async (workflowId, ended) => {
    told.push(workflowId);
    if (workflowId === runOf(start)) await held;
    return tellEnded(workflowId, ended);
  });
  release();
  await until('it is being told', async () => told.includes(runOf(start)));
  // One group is telling it; the other's next round finds it over too, and not told yet.
  const starts = await Promise.all(others.map((vm) => vm.start(0)));
  const ends = starts.map((ref) => resultOf(runOf(ref)));
  expect(await Promise.race(ends)).toMatchObject({ results: [{ outcome: 'succeeded' }] });
  go();
  await Promise.all(ends);
  expect(await resultOf(runOf(start))).toMatchObject({ results: [{ eventId: start.eventId, outcome: 'succeeded' }] });
  expect(told.filter((run) => run === runOf(start))).toHaveLength(1);
});

test("Temporal does not take the signal: the event is over all the same, and the round's workflow tells", async () => {
  const group = await rack.group('untold', freshIp());
  const { start, release } = await startThatWaits(await stopped([group]), group);
  const tell = jest.spyOn(rack.temporal, 'tellEnded').mockRejectedValueOnce(new Error('Temporal is away'));
  release();
  expect((await resultOf(runOf(start))).results).toMatchObject([{ outcome: 'succeeded' }]);
  expect(tell).toHaveBeenCalledTimes(2);
  const told = await until('its round has told', async () => {
    const { local } = await shownBy(rack, groupWorkflowId(group));
    return local.some((step) => step.activity === 'tellWaiters') && local;
  });
  expect(told).toContainEqual({
    activity: 'beginRound',
    result: expect.objectContaining({ kind: 'done', untold: true }),
  });
});

test('Temporal does not take the signal, and the workflow of the round dies: reconciliation tells', async () => {
  const group = await rack.group('never-told', freshIp());
  const { start, release } = await startThatWaits(await stopped([group]), group);
  jest.spyOn(rack.temporal, 'tellEnded').mockRejectedValueOnce(new Error('Temporal is away'));
  injector.add({ activity: 'tellWaiters', how: 'before', terminal: true, about: [group] });
  release();
  await until('its run is over', async () => (await statusOf(groupWorkflowId(group))) === 'FAILED');
  expect([(await rack.event(start)).state, await statusOf(runOf(start))]).toEqual(['succeeded', 'RUNNING']);
  await rack.run('reconcile');
  expect((await resultOf(runOf(start))).results).toMatchObject([{ outcome: 'succeeded' }]);
});

/** How often an event got its end, as the database saw it. */
async function watchEnds(): Promise<(eventId: string) => Promise<number>> {
  await rack.db.execute(sql`create table if not exists seen_end (event_id uuid)`);
  await rack.db.execute(sql`
    create or replace function see_end() returns trigger language plpgsql as
    $$ begin insert into seen_end values (new.event_id); return new; end $$`);
  await rack.db.execute(sql`
    create or replace trigger see_end after update on instance_event for each row
    when (new.time_finished is distinct from old.time_finished) execute function see_end()`);
  return async (eventId) => (await rack.db.execute(sql`select 1 from seen_end where event_id = ${eventId}`)).length;
}

test('two groups that bring the last outcomes of the same events at the same time: each ends once, and the run hears of all', async () => {
  const ips = [freshIp(), freshIp()];
  const groups = [await rack.group('left', ips[0]!), await rack.group('right', ips[1]!)];
  const vms = Array.from({ length: 8 }, () => newVm(rack, { start: false }));
  const created = await Promise.all(vms.map((vm) => vm.create(groups)));
  await rack.startTogether('create', created);
  await rack.settled(created);
  await settle(rack);
  const endsOf = await watchEnds();
  // Both are past their switches when the sled answers: their commits come in the same moment.
  rack.sleds[0]!.state.pause('hang');
  const started = await Promise.all(vms.map((vm) => vm.start(0)));
  await rack.startTogether('start', started);
  await until('both wait for the sled', () =>
    ips.every((ip) => JSON.stringify(rack.both(ip)) === '[["rear1"],["rear1"]]'),
  );
  rack.sleds[0]!.state.resume();
  expect(new Set(await rack.settled(started))).toEqual(new Set(['succeeded']));
  const { results } = await resultOf((await rack.event(started[0]!)).claimed_by!);
  expect(results.map((each) => each.eventId).toSorted()).toEqual(started.map((ref) => ref.eventId).toSorted());
  for (const ref of started) expect(await endsOf(ref.eventId)).toBe(1);
});

test('of several events in one run one waits for a slow group: the others are over at once, the run goes on', async () => {
  const [fast, slow] = [await rack.group('fast', freshIp()), await rack.group('slow', freshIp())];
  const vms = [newVm(rack, { start: false }), newVm(rack, { start: false }), newVm(rack, { start: false })];
  const created = await Promise.all(vms.map((vm, at) => vm.create([at === 2 ? slow : fast])));
  await rack.startTogether('create', created);
  await rack.settled(created);
  await settle(rack);
  const round = injector.hold({ activity: 'beginRound', about: [slow] });
  const started = await Promise.all(vms.map((vm) => vm.start(0)));
  await rack.startTogether('start', started);
  await round.reached;
  expect(await rack.settled(started.slice(0, 2))).toEqual(['succeeded', 'succeeded']);
  const run = (await rack.event(started[2]!)).claimed_by!;
  expect([(await rack.event(started[2]!)).state, await statusOf(run)]).toEqual(['running', 'RUNNING']);
  round.release();
  expect((await resultOf(run)).results.map((each) => each.outcome)).toEqual(['succeeded', 'succeeded', 'succeeded']);
});

test('a run that is cancelled while its first step waits: its event fails and says so, what is wanted stays wanted', async () => {
  const ip = freshIp();
  const group = await rack.group('cancelled', ip);
  const vm = await stopped([group]);
  const round = injector.hold({ activity: 'beginRound', about: [group] });
  const start = await vm.start(0);
  await round.reached;
  await until('it has its event', async () => (await rack.event(start)).claimed_by !== null);
  await rack.temporal.client.workflow.getHandle(runOf(start)).cancel();
  expect((await resultOf(runOf(start))).results).toMatchObject([{ outcome: 'failed' }]);
  expect(await rack.event(start)).toMatchObject({ state: 'failed', reason: 'cancelled during converge' });
  round.release();
  await until('joined', async () => (await rack.members(group))[0]?.state === 'joined');
  expect(await rack.event(start)).toMatchObject({ state: 'failed', reason: 'cancelled during converge' });
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('a run in one worker, its round in the other, one way and the other way round', async () => {
  const group = await rack.group('two-workers', freshIp());
  const other = await startVictim(rack, [], 'before');
  try {
    const seen = new Set<string>();
    await until('both ways', async () => {
      const vm = await runningVm(rack, [group], 0);
      const start = await until('its run', async () => {
        const [row] = await rack.db.execute<{ run: string }>(
          sql`select claimed_by as run from instance_event where instance_id = ${vm.id} and kind = 'start'`,
        );
        return row?.run;
      });
      expect((await resultOf(start)).results).toMatchObject([{ outcome: 'succeeded' }]);
      const [run, round] = [await shownBy(rack, start), await shownBy(rack, groupWorkflowId(group))];
      const ends = [[...run.workers].join(), [...round.workers].join()];
      if (ends[0] !== ends[1]) seen.add(ends[0]!);
      await settle(rack);
      return seen.size >= 2;
    });
  } finally {
    await other.kill();
  }
}, 120_000);
