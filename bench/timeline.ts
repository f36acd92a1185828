/** When each event of the workflows of one lifecycle event came, in milliseconds since it was posted: where a lone start's time goes. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

/** `start WORKFLOW_TASK_SCHEDULED 12`: whose workflow, which event, when. */
export async function timelineOf(client: Client, workflows: Record<string, string>, since: number): Promise<string[]> {
  const lines = await Promise.all(
    Object.entries(workflows).map(async ([whose, workflowId]) => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      return (events ?? []).map(({ eventType, eventTime, activityTaskScheduledEventAttributes: activity }) => {
        const at = Number(eventTime?.seconds ?? 0) * 1_000 + Number(eventTime?.nanos ?? 0) / 1e6 - since;
        const type = temporal.api.enums.v1.EventType[eventType ?? 0] ?? '';
        const name = activity?.activityType?.name ?? '';
        return {
          at,
          line: [whose, type.replace('EVENT_TYPE_', ''), name, Math.round(at)].filter((part) => part !== ''),
        };
      });
    }),
  );
  return lines
    .flat()
    .toSorted((a, b) => a.at - b.at)
    .map(({ line }) => line.join(' '));
}
