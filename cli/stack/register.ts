/**
 * What rackcast needs to find in a Temporal namespace: its search attributes and its schedules. Registering twice changes
 * nothing, and a schedule that an operator paused stays paused.
 */
import type { Client, Connection, ScheduleOptions } from '@temporalio/client';
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { StackError } from './ports';
import type { DevelopmentNamespace } from './temporal-dev';

export interface Registration {
  settings: DevelopmentNamespace;
  taskQueue: string;
  namespace: string;
  reconcileEvery: number | undefined;
  /** A server that we started: its namespace's retention is ours to set. */
  ours: boolean;
}

export async function registerNamespace(client: Client, registration: Registration): Promise<void> {
  if (registration.ours) await setRetention(client, registration);
  await registerSearchAttributes(client, registration);
  for (const id of Object.keys(registration.settings.schedules)) await ensureSchedule(client, id, registration);
}

async function setRetention(client: Client, { namespace, settings }: Registration): Promise<void> {
  const seconds = settings.namespace.retention / 1_000;
  const described = await client.workflowService.describeNamespace({ namespace });
  if (Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0) === seconds) return;
  await client.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: { seconds: seconds as never } },
  });
}

async function registerSearchAttributes(client: Client, { namespace, settings }: Registration): Promise<void> {
  const operator = (client.connection as Connection).operatorService;
  const wanted = Object.entries(settings.server['search-attribute']);
  const present = (await operator.listSearchAttributes({ namespace })).customAttributes ?? {};
  const code = (type: string): number =>
    temporal.api.enums.v1.IndexedValueType[
      `INDEXED_VALUE_TYPE_${type.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}` as keyof typeof temporal.api.enums.v1.IndexedValueType
    ];
  const other = wanted.find(([name, type]) => present[name] !== undefined && present[name] !== code(type));
  if (other !== undefined) throw new StackError(`the namespace's search attribute ${other[0]} is not a ${other[1]}`);
  const missing = wanted.filter(([name]) => present[name] === undefined);
  if (missing.length === 0) return;
  await operator.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, code(type)])),
  });
}

async function ensureSchedule(client: Client, id: string, registration: Registration): Promise<void> {
  const options = scheduleOptions(id, registration);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    await client.schedule
      .getHandle(id)
      .update((previous) => ({ ...previous, spec, action, policies: { ...previous.policies, ...policies } }));
  }
}

function scheduleOptions(
  id: string,
  { settings, taskQueue, reconcileEvery }: Registration,
): ScheduleOptions & { action: { type: 'startWorkflow' } } {
  const schedule = settings.schedules[id]!;
  const every = id === 'reconcile' ? (reconcileEvery ?? schedule.every) : schedule.every;
  return {
    scheduleId: id,
    spec: {
      intervals: [{ every }],
      ...(schedule.jitter === undefined ? {} : { jitter: Math.min(schedule.jitter, every / 2) }),
    },
    action: { type: 'startWorkflow', workflowType: schedule['workflow-type'], workflowId: id, taskQueue },
    policies: {
      overlap: schedule.overlap === 'skip' ? ScheduleOverlapPolicy.SKIP : ScheduleOverlapPolicy.BUFFER_ONE,
      // Temporal's default is a year, its least is ten seconds.
      catchupWindow: Math.max(schedule['catchup-window'], 10_000),
      pauseOnFailure: false,
    },
  };
}
