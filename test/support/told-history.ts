/** What a workflow's history shows: its local steps with what they returned, the steps that people see, the signals it got. */
import type { TestRack } from './rack';

export interface Shown {
  /** Local activities, in the order in which they ended. */
  local: { activity: string; result: unknown }[];
  /** Summaries of the normal activities, in the order in which they were asked for. */
  visible: string[];
  signals: string[];
  /** Workers that had a task of it, by their identity. */
  workers: Set<string>;
}

/** Of its newest run, unless another one is named. */
export async function shownBy(rack: TestRack, workflowId: string, runId?: string): Promise<Shown> {
  const { events } = await rack.temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const shown: Shown = { local: [], visible: [], signals: [], workers: new Set() };
  for (const event of events ?? []) {
    const { markerRecordedEventAttributes: marker, workflowExecutionSignaledEventAttributes: signal } = event;
    if (marker?.markerName === 'core_local_activity')
      shown.local.push({
        activity: (read(marker.details?.['data']?.payloads?.[0]) as { activity_type: string }).activity_type,
        result: read(marker.details?.['result']?.payloads?.[0]),
      });
    if (event.activityTaskScheduledEventAttributes != null)
      shown.visible.push(String(read(event.userMetadata?.summary)));
    if (signal?.signalName != null) shown.signals.push(signal.signalName);
    const worker = event.workflowTaskStartedEventAttributes?.identity;
    if (worker != null) shown.workers.add(worker);
  }
  return shown;
}

function read(payload: { data?: Uint8Array | null } | null | undefined): unknown {
  const text = Buffer.from(payload?.data ?? []).toString('utf8');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
