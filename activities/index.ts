/** All activities, over one set of dependencies. Workflows import the type only. */
import { agentActivities } from './agents';
import { AwaitedRuns } from './awaited-runs';
import type { Deps, Shared } from './deps';
import { eventActivities } from './events';
import { flowActivities } from './flows';
import { healthActivities } from './health';
import { programSwitchActivities } from './program-switch';
import { reconcileActivities } from './reconcile';
import { registrationActivities } from './registration';
import { roundActivities } from './rounds';
import { Turns } from './turns';
import { LIMITS } from '../domain/limits';

export function createActivities(deps: Deps) {
  const shared: Shared = {
    awaited: new AwaitedRuns(),
    claims: new Turns(LIMITS.claimsAtOnce, LIMITS.turnMs),
    rounds: new Turns(LIMITS.roundsAtOnce, LIMITS.turnMs),
  };
  return {
    ...eventActivities(deps, shared),
    ...registrationActivities(deps),
    ...agentActivities(deps),
    ...roundActivities(deps, shared),
    ...programSwitchActivities(deps),
    ...flowActivities(deps),
    ...healthActivities(deps),
    ...reconcileActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
