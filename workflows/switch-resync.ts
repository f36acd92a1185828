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
  let pause: number = LIMITS.resyncPauseMs;
  for (let tried = 0; tried < LIMITS.resyncTries; tried++) {
    if (!(await rows.isEnabled())) return { inService: false };
    if (await resyncSwitch({ switchId: id })) return { inService: true };
    await sleep(pause);
    pause = Math.min(pause * 2, LIMITS.resyncPauseMaxMs);
  }
  return { inService: false };
}
