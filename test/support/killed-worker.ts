/** One worker dies in the middle of every activity at once: each life is held at one, the worker goes, another one carries on. */
import type { Matrix } from './fault-matrix';
import { faultsOf, settle } from './invariants';
import { idsOf, LIFE, newLife } from './lives';
import { startVictim } from './victim';

/** `after`: the effect is there, its result lost. `before`: the dead worker has the effect when all is over. Returns what is wrong. */
export async function killDuringEach(
  { rack, common, steps, tally }: Matrix,
  at: 'before' | 'after',
): Promise<string[]> {
  const lives = await Promise.all(steps.map(() => newLife(rack, common)));
  await settle(rack);
  await rack.stopWorker();
  const holds = lives.map((life, own) => ({ activity: steps[own]!, about: idsOf(life) }));
  const victim = await startVictim(rack, holds, at);
  try {
    const lived = Promise.all(
      lives.map(async (life, own) => {
        for (const step of LIFE) {
          const before = victim.held.has(own);
          const ref = await step.run(life).catch(() => null);
          if (ref !== null) await rack.outcome(ref, 150_000);
          tally.add(`killed ${at} ${steps[own]!}`, step.name, !before && victim.held.has(own) ? 1 : 0);
        }
      }),
    );
    await Promise.race([victim.reached, lived.then(() => Promise.reject(new Error('not every call was held')))]);
    if (at === 'after') await victim.kill();
    else victim.retire();
    await rack.startWorker();
    await lived;
    const faults = await faultsOf(rack);
    if (at === 'after') return faults;
    await victim.release();
    // What a dead worker writes to a switch is not seen before the next pass.
    await rack.run('reconcile');
    return [...faults, ...(await faultsOf(rack))];
  } finally {
    await victim.kill();
  }
}
