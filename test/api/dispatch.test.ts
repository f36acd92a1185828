/** Starts of workflows: a lone event's run at once; those that come together share few, and each is told the run that has it. */
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { createDispatcher, type Dispatcher, type Startable } from '../../api/dispatch';
import type { EventRef, WorkflowKind } from '../../domain/events';
import { LIMITS } from '../../domain/limits';

interface Started {
  kind: WorkflowKind;
  events: EventRef[];
  workflowId: string | undefined;
  sledId: string | undefined;
}

let started: Started[];
let dispatcher: Dispatcher;
beforeEach(() => {
  started = [];
  dispatcher = createDispatcher({
    temporal: {
      async startLifecycle(kind, events, { workflowId, sledId } = {}) {
        started.push({ kind, events, workflowId, sledId });
        return { workflowId: workflowId ?? '', runId: '' };
      },
    },
    log: pino({ level: 'silent' }),
  });
});
afterEach(() => jest.useRealTimers());

const startable = (kind: WorkflowKind = 'stop', sledId?: string): Startable => ({
  ref: { eventId: randomUUID(), instanceId: randomUUID(), generation: 1 },
  kind,
  sledId,
  groups: [],
});
const idOf = ({ kind, ref }: Startable) => `${kind}/${ref.instanceId}/${ref.eventId}`;

test('a lone event has a run of its own without any wait; the next one of its kind waits a moment', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const [first, second, other] = [startable(), startable(), startable('fail')];
  expect(await dispatcher.dispatch(first)).toBe(idOf(first));
  expect(started).toMatchObject([{ kind: 'stop', events: [first.ref] }]);
  const waiting = dispatcher.dispatch(second);
  expect(await dispatcher.dispatch(other)).toBe(idOf(other));
  expect(started).toHaveLength(2);
  jest.advanceTimersByTime(LIMITS.gatherStartsMs);
  expect(await waiting).toBe(idOf(second));
  expect(started).toHaveLength(3);
});

test('a hundred at once make few runs, none too large, and each answer is the run that has the event', async () => {
  const events = Array.from({ length: 100 }, () => startable());
  const answers = await Promise.all(events.map((event) => dispatcher.dispatch(event)));
  await dispatcher.close();
  expect(started.length).toBeLessThanOrEqual(Math.ceil(events.length / LIMITS.eventsPerRun));
  expect(Math.max(...started.map((run) => run.events.length))).toBeLessThanOrEqual(LIMITS.eventsPerRun);
  const runOf = new Map(started.flatMap((run) => run.events.map((event) => [event.eventId, run.workflowId])));
  expect(runOf.size).toBe(events.length);
  expect(answers).toEqual(events.map((event) => runOf.get(event.ref.eventId)));
});

test('full runs go at once, and what is left of them waits its own time for more', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const sizes = () => started.map((run) => run.events.length);
  const post = async (count: number) => {
    for (let at = 0; at < count; at++) void dispatcher.dispatch(startable());
    await new Promise(setImmediate);
  };
  const [wait, most] = [LIMITS.gatherStartsMs, LIMITS.eventsPerRun];
  await post(1);
  await post(most + 10);
  expect(sizes()).toEqual([1, most]);
  await jest.advanceTimersByTimeAsync(wait * 0.6);
  await post(most - 5);
  expect(sizes()).toEqual([1, most, most]);
  await jest.advanceTimersByTimeAsync(wait * 0.5);
  expect(sizes()).toEqual([1, most, most]);
  await jest.advanceTimersByTimeAsync(wait * 0.5);
  expect(sizes()).toEqual([1, most, most, 5]);
});

test('kinds do not mix, and a run names its sled only if it has one', async () => {
  const [one, other] = [randomUUID(), randomUUID()];
  const events = [startable('start', one), startable('start', one), startable('fail'), startable('fail')];
  await Promise.all(events.map((event) => dispatcher.dispatch(event)));
  const mixed = [startable('migrate', one), startable('migrate', other)];
  await Promise.all(mixed.map((event) => dispatcher.dispatch(event)));
  expect(started).toMatchObject([
    { kind: 'start', events: [{}, {}], sledId: one },
    { kind: 'fail', events: [{}, {}], sledId: undefined },
    { kind: 'migrate', events: [{}, {}], sledId: undefined },
  ]);
});

test('what still gathers when the API ends is started before that', async () => {
  const events = [startable(), startable()];
  await dispatcher.dispatch(startable());
  const answers = Promise.all(events.map((event) => dispatcher.dispatch(event)));
  await dispatcher.close();
  expect(started.at(-1)?.events).toEqual(events.map((event) => event.ref));
  expect(new Set(await answers)).toEqual(new Set([`${idOf(events[0]!)}+1`]));
});
