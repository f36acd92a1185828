/**
 * Which build of the workflows a worker runs. Running workflows go on with the current build (AUTO_UPGRADE): a stack that is stopped,
 * upgraded and started strands none of them, and replay tests show that each build can go on with what earlier ones began.
 */
import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';

export const DEPLOYMENT = 'rackcast';

/** The build of a workflow bundle: what it was made from, as its first line says. */
export function buildIdOf(bundle: string): string {
  const mark = /^\/\/ sources ([0-9a-f]{16})/.exec(readFileSync(bundle, 'utf8').slice(0, 200));
  if (mark?.[1] === undefined) throw new Error(`${bundle} does not say what it was made from`);
  return mark[1];
}

/** From now on new tasks go to workers of this build. Workers of other builds get none. */
export async function setCurrentBuild(client: Client, buildId: string): Promise<void> {
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    namespace: client.options.namespace,
    deploymentName: DEPLOYMENT,
    buildId,
    ignoreMissingTaskQueues: true,
  });
}
