/**
 * An instance migrates, make before break, in all of its groups together: the target receives everywhere before the source
 * is given up anywhere. Up to the move a failure leaves the source as it was; after it there is only forward.
 */
import type { LifecycleInput } from '../domain/events';
import {
  applyStep,
  convergeStep,
  lifecycle,
  registerStep,
  type Claimed,
  type LifecycleResult,
  type Run,
} from './lifecycle';
import { rows } from './proxies';
import type { Step } from './saga';

export async function instanceMigrate(input: LifecycleInput): Promise<LifecycleResult> {
  return lifecycle('instance migrate', input, (run) => [
    registerStep(),
    applyStep(run, (eventIds) => rows.withdrawTarget({ eventIds })),
    { ...convergeStep(run), name: 'target receives' },
    moveStep(run),
    sourceLeavesStep(run),
  ]);
}

function moveStep({ waits }: Run): Step<Claimed> {
  return {
    name: 'move',
    async run(events) {
      const sure = events.filter((event) => !waits.undecided.has(event.eventId));
      const { waits: open, unready } = await rows.moveToTarget({ eventIds: sure.map((event) => event.eventId) });
      waits.expect(open);
      return unready.map((eventId) => ({ eventId, reason: 'the target does not receive in every group' }));
    },
  };
}

/** The VM is on the target by now: a source that cannot be cleaned yet is convergence's to finish. */
function sourceLeavesStep({ waits }: Run): Step<Claimed> {
  return {
    name: 'source leaves',
    async run(events) {
      await waits.settle(events.filter((event) => !waits.undecided.has(event.eventId)));
      return [];
    },
  };
}
