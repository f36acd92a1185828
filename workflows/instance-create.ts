/** An instance was created: its memberships exist. It does not wait for switches. */
import type { LifecycleInput } from '../domain/events';
import { applyStep, lifecycle, type LifecycleResult } from './lifecycle';
import { rows } from './proxies';

export async function instanceCreate(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance create', input, (run) => [
    applyStep(run, (eventIds) => rows.withdrawMemberships({ eventIds })),
  ]);
}
