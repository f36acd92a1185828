/** A VMM is gone: as stop, without asking the sled. */
import type { LifecycleInput } from '../domain/events';
import { applyStep, convergeStep, lifecycle, type LifecycleResult } from './lifecycle';

export async function instanceFail(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance fail', input, (run) => [applyStep(run), convergeStep(run)]);
}
