/** A short schedule of its own: who answers, who restarted, and bringing back those that do. */
import { sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { LIMITS } from '../domain/limits';
import { overSwitches, rows } from './proxies';

type Health = Awaited<ReturnType<Activities['checkSwitches']>>;

export async function switchHealth(): Promise<Health> {
  const health = await overSwitches('ask every switch').checkSwitches();
  const returning = health.filter((facing) => facing.service === 'resyncing');
  await Promise.all(returning.map((facing) => bringBack(facing)));
  return health;
}

/** Tries until the switch counts, or until the next check is due anyway. */
async function bringBack(facing: Health[number]): Promise<void> {
  const { resyncSwitch } = overSwitches(`bring back ${facing.name}`);
  for (let waited = 0; waited < LIMITS.healthEveryMs; waited += LIMITS.resyncPauseMs) {
    if (!(await rows.isEnabled())) return;
    if (await resyncSwitch({ switchId: facing.id })) return;
    await sleep(LIMITS.resyncPauseMs);
  }
}
