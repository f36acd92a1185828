/** The set of an instance's groups is replaced, all or nothing. */
import type { LifecycleInput } from '../domain/events';
import { applyStep, convergeStep, lifecycle, type LifecycleResult } from './lifecycle';

export async function instanceReconfigure(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance reconfigure', input, (run) => [applyStep(run), convergeStep(run)]);
}
