/** Lifecycle events as Nexus emits them. Field names are the wire's. */

export const EVENT_KINDS = ['create', 'start', 'stop', 'delete', 'migrate', 'reconfigure', 'reboot', 'fail'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Where a VM runs. */
export interface VmLocation {
  sled_id: string;
  propolis_id: string;
}

interface EventIdentity {
  /** Makes the event idempotent. */
  event_id: string;
  /** Grows per instance and orders its events. */
  generation: number;
}

export interface CreateEvent extends EventIdentity {
  kind: 'create';
  project_id: string;
  name: string;
  /** Names or ids, of the instance's project. */
  multicast_groups: string[];
}
export interface StartEvent extends EventIdentity, VmLocation {
  kind: 'start';
  /** Body for the sled agent's VMM registration; absent when Nexus registers by itself. */
  vmm_registration?: Record<string, unknown> | null;
}
export interface MigrateEvent extends EventIdentity {
  kind: 'migrate';
  source: VmLocation;
  target: VmLocation;
  /** Registration body for the target VMM. */
  vmm_registration?: Record<string, unknown> | null;
}
export interface ReconfigureEvent extends EventIdentity {
  kind: 'reconfigure';
  multicast_groups: string[];
}
export interface PlainEvent extends EventIdentity {
  kind: 'stop' | 'delete' | 'reboot' | 'fail';
}
export type LifecycleEvent = CreateEvent | StartEvent | MigrateEvent | ReconfigureEvent | PlainEvent;

/** What the inbox stores of an event: everything but its identity; groups are stored as ids. */
export type EventBody = {
  project_id?: string;
  name?: string;
  /** Ids, resolved when the event was accepted. */
  multicast_groups?: string[];
  sled_id?: string;
  propolis_id?: string;
  source?: VmLocation;
  target?: VmLocation;
  vmm_registration?: Record<string, unknown> | null;
};

/** What became of an event, as its status shows it. `disabled`: accepted, waiting for multicast to be switched on. */
export type EventOutcome = 'pending' | 'running' | 'succeeded' | 'failed' | 'superseded' | 'stale' | 'disabled';

/** How an event ended. Type, not interface: it is a row as it is. */
export type EventEnd = {
  eventId: string;
  outcome: 'succeeded' | 'failed' | 'superseded';
  reason: string | null;
};

/** Kinds whose events run a workflow; a reboot changes nothing and is only recorded. */
export const WORKFLOW_OF = {
  create: 'instanceCreate',
  start: 'instanceStart',
  stop: 'instanceStop',
  delete: 'instanceDelete',
  migrate: 'instanceMigrate',
  reconfigure: 'instanceReconfigure',
  fail: 'instanceFail',
} as const satisfies Record<Exclude<EventKind, 'reboot'>, string>;

export type WorkflowKind = keyof typeof WORKFLOW_OF;

/** One event as its workflow carries it: ids only, the rest is in the inbox. */
export interface EventRef {
  eventId: string;
  instanceId: string;
  generation: number;
}

/** Input of every lifecycle workflow. */
export interface LifecycleInput {
  events: EventRef[];
  /** Groups that the run's search attributes name from its start. */
  groups?: string[];
}
