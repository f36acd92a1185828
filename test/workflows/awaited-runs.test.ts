/** News for a run whose first step still waits in the process: whoever is told that it was heard may forget it. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { AwaitedRuns } from '../../activities/awaited-runs';
import type { EventEnd } from '../../domain/events';

const news: EventEnd[] = [{ eventId: 'event', outcome: 'succeeded', reason: null }];
const inActivity = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work);

test('it is handed over while the run listens, and not before or after', async () => {
  const runs = new AwaitedRuns();
  expect(runs.tell('run', news)).toBe(false);
  await inActivity(async () => {
    const ends = runs.listen('run');
    const heard = ends.heard(60_000);
    expect(runs.tell('run', news)).toBe(true);
    expect(await heard).toEqual(news);
    ends.stop();
  });
  expect(runs.tell('run', news)).toBe(false);
});

test('what came before the wait began is heard', async () => {
  const runs = new AwaitedRuns();
  await inActivity(async () => {
    const ends = runs.listen('run');
    expect(runs.tell('run', news)).toBe(true);
    expect(await ends.heard(60_000)).toEqual(news);
  });
});

test('once the wait is over nothing is taken that nobody would read', async () => {
  const runs = new AwaitedRuns();
  await inActivity(async () => {
    expect(await runs.listen('run').heard(0)).toEqual([]);
    expect(runs.tell('run', news)).toBe(false);
  });
});

test('a step that is begun again listens in place of the first, which takes nothing away from it', async () => {
  const runs = new AwaitedRuns();
  await inActivity(async () => {
    const first = runs.listen('run');
    const second = runs.listen('run');
    first.stop();
    expect(runs.tell('run', news)).toBe(true);
    expect(await second.heard(60_000)).toEqual(news);
  });
});
