/** An instance starts on a sled: every switch gets the port, then the sled the flow; then it is Joined. */
import type { LifecycleInput } from '../domain/events';
import { applyStep, convergeStep, lifecycle, registerStep, type LifecycleResult } from './lifecycle';

/** No undo of the rows: a membership that is wanted stays wanted, and convergence keeps trying. */
export async function instanceStart(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance start', input, (run) => [registerStep(), applyStep(run), convergeStep(run)]);
}
