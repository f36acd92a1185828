/** The servers of this run of jest, for test files: Temporal's address and the workflow bundle. `RACKCAST_TEST_TEMPORAL_CLI` names the program. */
import { join } from 'node:path';
import { projectRoot } from '../../cli/stack/root';
import { writeWorkflowBundle } from '../../cli/stack/workflow-bundle';

export function temporalAddress(): string {
  return started('RACKCAST_TEST_TEMPORAL_ADDRESS');
}

/** For `Worker.create({ workflowBundle })`. Made once per run; here it is only looked at. */
export async function workflowBundle(): Promise<{ codePath: string }> {
  const codePath = join(projectRoot, 'dist', 'workflow-bundle.js');
  await writeWorkflowBundle(codePath);
  return { codePath };
}

export function started(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: this suite needs the servers that global-setup.ts starts`);
  return value;
}

/** Whether histories are to be recorded instead of replayed. */
export const recording = (): boolean => process.env['RACKCAST_RECORD'] === '1';
