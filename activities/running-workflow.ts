/** The id of the workflow that runs the activity: who is named as having done a thing. */
import { activityInfo } from '@temporalio/activity';

export function runningWorkflow(): string {
  return activityInfo().workflowExecution?.workflowId ?? 'no workflow';
}
