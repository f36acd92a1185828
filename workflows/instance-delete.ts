/** An instance is deleted: as stop, then its memberships go. The groups stay. */
import type { LifecycleInput } from '../domain/events';
import { applyStep, convergeStep, lifecycle, type LifecycleResult } from './lifecycle';

export async function instanceDelete(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance delete', input, (run) => [applyStep(run), convergeStep(run)]);
}
