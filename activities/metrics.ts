/**
 * What activities count, through Temporal's own meter, so that the worker's one Prometheus listener shows it all. Only inside an
 * activity; a count never decides anything.
 */
import { metricMeter } from '@temporalio/activity';
import type { FinishedEvent } from '../db/end-events';
import { isCoded } from '../domain/errors';

/** Names and help texts; the bounds of the histogram are the worker's to set. */
export const WORKER_METRICS = {
  attempts: 'rackcast_switch_attempts_total',
  writes: 'rackcast_switch_writes_total',
  rounds: 'rackcast_rounds_total',
  eventSeconds: 'rackcast_event_seconds',
} as const;

/** From "at once" to the bound of an event's wait. */
export const EVENT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

/** One attempt at making one group so on one switch. */
export function countAcknowledged(facing: string, writes: number): void {
  attempts(facing, 'acknowledged');
  if (writes > 0)
    metricMeter.createCounter(WORKER_METRICS.writes, '', 'Writes to a switch').add(writes, { switch: facing });
}

export function countFailure(facing: string, error: unknown): void {
  attempts(facing, isCoded(error) ? error.code : 'Internal');
}

function attempts(facing: string, outcome: string): void {
  metricMeter
    .createCounter(WORKER_METRICS.attempts, '', 'Attempts at programming a group on a switch, by outcome')
    .add(1, { switch: facing, outcome });
}

export function countRound(outcome: string): void {
  metricMeter.createCounter(WORKER_METRICS.rounds, '', 'Rounds committed, by outcome').add(1, { outcome });
}

/** A `start` that succeeded: the time from its acceptance to Joined, which is what users feel. */
export function countEvents(finished: FinishedEvent[]): void {
  if (finished.length === 0) return;
  const seconds = metricMeter.createHistogram(
    WORKER_METRICS.eventSeconds,
    'float',
    's',
    'From the acceptance of an event to its end',
  );
  for (const { kind, outcome, seconds: taken } of finished) seconds.record(taken, { kind, outcome });
}
