/** The short version of `npm run crash`: each part killed once while about a hundred events are posted. */
import { noteTried } from '../support/tally';
import { crash } from './crash';
import type { SystemStack } from './stack';

const PLAN = { kills: 6, events: 120, seed: 20_260 };

export function crashTests(stack: () => SystemStack): void {
  test('each part killed once under load: nothing is lost, and the switches match', async () => {
    const result = await crash(stack(), PLAN);
    process.stdout.write(`crashes: ${JSON.stringify({ ...PLAN, ...result })}\n`);
    const kills = Object.values(result.kills).reduce((sum, count) => sum + count, 0);
    noteTried('whole stack killed', `${Object.keys(result.kills).length} parts, ${result.posted} events`, kills);
    expect(result).toMatchObject({ lost: [], faults: [] });
    expect(Object.values(result.kills)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(result.outcomes['stale']).toBeUndefined();
  }, 400_000);
}
