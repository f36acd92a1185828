/** A worker does so much at once; whoever takes long keeps nobody from a turn. */
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Turns } from '../../activities/turns';

const inActivity = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work);

/** Work that ends when it is told to. */
function task() {
  let end = (): void => undefined;
  let began = false;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    began = true;
    await ended;
  };
  return { work, end: () => end(), began: () => began };
}
const settled = () => new Promise(setImmediate);

afterEach(() => jest.useRealTimers());

test('in the order in which they came, so many at once', async () => {
  const turns = new Turns(2, 60_000);
  const tasks = [task(), task(), task(), task()];
  const done = Promise.all(tasks.map(({ work }) => inActivity(() => turns.take(work))));
  await settled();
  expect(tasks.map((each) => each.began())).toEqual([true, true, false, false]);
  expect(turns.areAwaited).toBe(true);
  tasks[1]?.end();
  await settled();
  expect(tasks.map((each) => each.began())).toEqual([true, true, true, false]);
  for (const each of tasks) each.end();
  await done;
  expect(turns.areAwaited).toBe(false);
});

test('one that fails passes its turn on', async () => {
  const turns = new Turns(1, 60_000);
  const failing = inActivity(() => turns.take(async () => Promise.reject(new Error('broken'))));
  const next = inActivity(() => turns.take(async () => 'done'));
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('done');
});

test('one that takes long counts no more, and gives no second turn away when it ends', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const turns = new Turns(1, 250);
  const tasks = [task(), task(), task()];
  const done = Promise.all(tasks.map(({ work }) => inActivity(() => turns.take(work))));
  await settled();
  expect(tasks.map((each) => each.began())).toEqual([true, false, false]);
  jest.advanceTimersByTime(250);
  await settled();
  expect(tasks.map((each) => each.began())).toEqual([true, true, false]);
  tasks[0]?.end();
  await settled();
  expect(tasks.map((each) => each.began())).toEqual([true, true, false]);
  for (const each of tasks) each.end();
  await settled();
  await done;
});

test('an activity that was given up in line does nothing when its turn comes', async () => {
  const turns = new Turns(1, 60_000);
  const first = task();
  const running = inActivity(() => turns.take(first.work));
  const env = new MockActivityEnvironment();
  const second = task();
  const given = env.run(() => turns.take(second.work));
  await settled();
  env.cancel();
  first.end();
  await running;
  await expect(given).rejects.toThrow(CancelledFailure);
  expect(second.began()).toBe(false);
  expect(await inActivity(() => turns.take(async () => 'next'))).toBe('next');
});
