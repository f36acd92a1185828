/**
 * One switch is brought back: swept, every group that is behind on it asked, and counted again once none is. Tries with growing
 * pauses, then leaves it to the next health check to begin again.
 */
import { sleep } from '@temporalio/workflow';
import { LIMITS } from '../domain/limits';
import { overSwitches, rows } from './proxies';

export interface SwitchResyncInput {
  id: string;
  name: string;
}

export async function switchResync({ id, name }: SwitchResyncInput): Promise<{ inService: boolean }> {
  const { resyncSwitch } = overSwitches(`bring back ${name}`);
  for (let pause = LIMITS.resyncPauseMs; pause <= LIMITS.resyncPauseMaxMs; pause *= 2) {
    if (!(await rows.isEnabled())) return { inService: false };
    if (await resyncSwitch({ switchId: id })) return { inService: true };
    await sleep(pause);
  }
  return { inService: false };
}
