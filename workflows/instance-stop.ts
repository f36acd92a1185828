/** An instance stopped: the sled's flow and the port go, unless another member on that sled needs the port. The rows stay, so the next start rejoins. */
import type { LifecycleInput } from '../domain/events';
import { applyStep, convergeStep, lifecycle, type LifecycleResult } from './lifecycle';

export async function instanceStop(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance stop', input, (run) => [applyStep(run), convergeStep(run)]);
}
