/** Says that the activity is alive, where somebody listens: a local activity lives and dies with its workflow's task. */
import { activityInfo, heartbeat } from '@temporalio/activity';

export function beat(details?: unknown): void {
  if (!activityInfo().isLocal) heartbeat(details);
}
