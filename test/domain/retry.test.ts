/** Pauses grow and are bounded; the bounds hold between each other. */
import { LIMITS } from '../../domain/limits';
import { retryPause } from '../../domain/retry';

test('pauses double from the shortest to the longest', () => {
  const pauses = Array.from({ length: 12 }, (_, at) => retryPause(at + 1));
  expect(pauses[0]).toBe(LIMITS.retryMinMs);
  expect(pauses.at(-1)).toBe(LIMITS.retryMaxMs);
  for (const [at, pause] of pauses.slice(1).entries()) expect([pauses[at]! * 2, LIMITS.retryMaxMs]).toContain(pause);
  expect(retryPause(0)).toBe(LIMITS.retryMinMs);
  expect(retryPause(10_000)).toBe(LIMITS.retryMaxMs);
});

test.each<[string, boolean]>([
  ['a call is over before the activity around it', LIMITS.switchCallMs < LIMITS.switchAttemptMs],
  ['a sled is given up before a switch step ends', LIMITS.sledStepMs < LIMITS.switchStepMs],
  ['an unreachable switch is found out before a step gives up', LIMITS.detectionMs < LIMITS.switchStepMs],
  ['an event outlasts one step at a switch', LIMITS.switchStepMs < LIMITS.waitMs],
  ['an undo is tried longer than what it undoes', LIMITS.undoAttempts > LIMITS.switchAttempts],
  ['a returning switch is tried less', LIMITS.resyncingAttempts < LIMITS.switchAttempts],
  ['a run’s events fit one batch', LIMITS.eventsPerRun < LIMITS.batchEvents],
  ['unclaimed events are found by the next pass', LIMITS.redeliverAfterMs < LIMITS.reconcileEveryMs],
])('%s', (_, holds) => {
  expect(holds).toBe(true);
});
