/** The client side of Temporal: what the API and the activities ask of it. Nothing here knows what a workflow does. */
import {
  Client,
  ScheduleOverlapPolicy,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type ConnectionLike,
} from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { LIMITS } from '../domain/limits';
import type { EventEnd, EventRef, LifecycleInput, WorkflowKind } from '../domain/events';
import { WORKFLOW_OF } from '../domain/events';
import { fitsSearchAttribute } from '../domain/search-attributes';
import {
  groupUpdateWorkflowId,
  groupWorkflowId,
  lifecycleWorkflowId,
  ENDED_SIGNAL,
  OUTCOMES_SIGNAL,
  switchWorkflowId,
  WAKE_SIGNAL,
} from '../domain/workflow-ids';
import { scheduleRuns } from './schedule-runs';

export const SEARCH_ATTRIBUTES = {
  instanceId: defineSearchAttributeKey('InstanceId', 'KEYWORD_LIST'),
  groupId: defineSearchAttributeKey('MulticastGroupId', 'KEYWORD_LIST'),
  multicastIp: defineSearchAttributeKey('MulticastIp', 'KEYWORD_LIST'),
  sledId: defineSearchAttributeKey('SledId', 'KEYWORD'),
  eventKind: defineSearchAttributeKey('EventKind', 'KEYWORD'),
};

export interface TemporalOptions {
  connection: ConnectionLike;
  namespace: string;
  taskQueue: string;
}

/** What a round brought to one event in one group. */
export interface WaiterOutcome {
  eventId: string;
  groupId: string;
  request: number;
  outcome: 'served' | 'failed' | 'refused';
  reason: string | null;
}

/** `pending`: a round has it, and the bound of the wait came first. */
export interface GroupUpdateResult {
  outcome: 'served' | 'failed' | 'refused' | 'withdrawn' | 'pending';
  reason: string | null;
}

/** What is known of events when their run starts. */
export interface LifecycleAbout {
  workflowId?: string;
  sledId?: string;
  /** Where their instances are members. */
  groups?: { id: string; ip: string }[];
}

export type Temporal = ReturnType<typeof createTemporal>;

export function createTemporal({ connection, namespace, taskQueue }: TemporalOptions) {
  const client = new Client({ connection, namespace });
  return {
    client,
    taskQueue,

    /** Starts the workflow of these events, or finds it running. Returns its id and run id. */
    async startLifecycle(kind: WorkflowKind, events: EventRef[], about: LifecycleAbout = {}) {
      const workflowId = about.workflowId ?? lifecycleWorkflowId(kind, events);
      const groups = new Map(about.groups?.map(({ id, ip }) => [id, ip]));
      const known = fitsSearchAttribute([...groups.keys()]);
      const input: LifecycleInput = { events, ...(known.length > 0 && { groups: known }) };
      const handle = await client.workflow.start(WORKFLOW_OF[kind], {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: summary(kind, events),
        typedSearchAttributes: attributes(kind, events, about.sledId, groups),
      });
      return { workflowId, runId: handle.firstExecutionRunId };
    },

    /** Wakes the group's one workflow, starting it if it does not run. */
    async wakeGroup(group: { id: string; ip: string; name?: string }) {
      await client.workflow.signalWithStart('groupConverge', {
        workflowId: groupWorkflowId(group.id),
        taskQueue,
        args: [{ groupId: group.id, ip: group.ip }],
        signal: WAKE_SIGNAL,
        signalArgs: [],
        staticSummary: `converge ${group.ip}${group.name === undefined ? '' : ` ${group.name}`}`,
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.groupId, value: [group.id] },
          { key: SEARCH_ATTRIBUTES.multicastIp, value: [group.ip] },
        ],
      });
    },

    /** What the rounds brought to events that are not over with them. */
    async tellOutcomes(workflowId: string, outcomes: WaiterOutcome[]) {
      await client.workflow.getHandle(workflowId).signal(OUTCOMES_SIGNAL, outcomes);
    },

    /** How a run's events ended. */
    async tellEnded(workflowId: string, events: EventEnd[]) {
      await client.workflow.getHandle(workflowId).signal(ENDED_SIGNAL, events);
    },

    async tellUpdate(updateId: string, outcome: Pick<WaiterOutcome, 'outcome' | 'reason'>) {
      await client.workflow.getHandle(groupUpdateWorkflowId(updateId)).signal(OUTCOMES_SIGNAL, outcome);
    },

    /** Brings a switch back, unless that is under way. */
    async startResync(facing: { id: string; name: string }) {
      await client.workflow.start('switchResync', {
        workflowId: switchWorkflowId(facing.id),
        taskQueue,
        args: [facing],
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: `bring back ${facing.name}`,
      });
    },

    /** Runs the saga of a group's update and waits for its end. */
    async updateGroup(update: {
      updateId: string;
      group: { id: string; ip: string; name: string };
    }): Promise<GroupUpdateResult> {
      return client.workflow.execute('groupUpdate', {
        workflowId: groupUpdateWorkflowId(update.updateId),
        taskQueue,
        args: [update],
        staticSummary: `update ${update.group.ip} ${update.group.name}`,
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.groupId, value: [update.group.id] },
          { key: SEARCH_ATTRIBUTES.multicastIp, value: [update.group.ip] },
        ],
      });
    },

    /** What a schedule has done lately. */
    scheduleRuns: (scheduleId: string, most: number) => scheduleRuns(client, scheduleId, most),

    /** Runs a schedule's action now; a run under way is followed by one more. */
    async trigger(scheduleId: string) {
      await client.schedule.getHandle(scheduleId).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
    },
  };
}

function summary(kind: WorkflowKind, events: EventRef[]): string {
  const first = events[0];
  if (events.length === 1 && first !== undefined) return `${kind} ${first.instanceId}, generation ${first.generation}`;
  return `${kind} ${events.length} instances`;
}

function attributes(
  kind: WorkflowKind,
  events: EventRef[],
  sledId: string | undefined,
  groups: ReadonlyMap<string, string>,
): SearchAttributePair[] {
  const instances = [...new Set(events.map((event) => event.instanceId))].slice(0, LIMITS.eventsPerRun);
  const pairs: SearchAttributePair[] = [
    { key: SEARCH_ATTRIBUTES.instanceId, value: instances },
    { key: SEARCH_ATTRIBUTES.eventKind, value: kind },
  ];
  if (groups.size > 0)
    pairs.push(
      { key: SEARCH_ATTRIBUTES.groupId, value: fitsSearchAttribute([...groups.keys()]) },
      { key: SEARCH_ATTRIBUTES.multicastIp, value: fitsSearchAttribute([...groups.values()]) },
    );
  if (sledId !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.sledId, value: sledId });
  return pairs;
}
