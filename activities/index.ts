/** All activities, over one set of dependencies. Workflows import the type only. */
import { agentActivities } from './agents';
import { AwaitedRuns } from './awaited-runs';
import type { Deps } from './deps';
import { eventActivities } from './events';
import { flowActivities } from './flows';
import { healthActivities } from './health';
import { programSwitchActivities } from './program-switch';
import { reconcileActivities } from './reconcile';
import { registrationActivities } from './registration';
import { roundActivities } from './rounds';

export function createActivities(deps: Deps) {
  const awaited = new AwaitedRuns();
  return {
    ...eventActivities(deps, awaited),
    ...registrationActivities(deps),
    ...agentActivities(deps),
    ...roundActivities(deps, awaited),
    ...programSwitchActivities(deps),
    ...flowActivities(deps),
    ...healthActivities(deps),
    ...reconcileActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
