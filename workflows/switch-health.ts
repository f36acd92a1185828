/** A short schedule of its own: who answers, who restarted. Bringing a switch back takes a workflow of its own, so that no check waits for it. */
import type { Activities } from '../activities';
import { overSwitches, rows } from './proxies';

export async function switchHealth(): Promise<Awaited<ReturnType<Activities['checkSwitches']>>> {
  const health = await overSwitches('ask every switch').checkSwitches();
  const returning = health.filter((facing) => facing.service === 'resyncing');
  await Promise.all(returning.map(({ id, name }) => rows.startResync({ id, name })));
  return health;
}
