/** Growing pauses between the rounds of a group that did not come through. */
import { LIMITS } from './limits';

/** Milliseconds until the next try after `failures` failed rounds in a row (at least 1). */
export function retryPause(failures: number): number {
  return Math.min(LIMITS.retryMaxMs, LIMITS.retryMinMs * 2 ** Math.max(0, failures - 1));
}
