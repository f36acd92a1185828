/** Instances as their lifecycle events leave them, and the inbox of those events. */
import { sql } from 'drizzle-orm';
import {
  boolean,
  bigint,
  bigserial,
  index,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { time, times } from './columns';

export const instanceState = pgEnum('instance_state', ['creating', 'stopped', 'running', 'failed', 'destroyed']);

export const instance = pgTable(
  'instance',
  {
    id: uuid().primaryKey(),
    projectId: uuid().notNull(),
    name: varchar({ length: 63 }).notNull(),
    state: instanceState().notNull().default('creating'),
    /** Generation of the newest accepted event. */
    generation: bigint({ mode: 'number' }).notNull(),
    /** Generation of the newest applied event. */
    applied: bigint({ mode: 'number' }).notNull().default(0),
    /** Where the VM runs; both null while it does not. */
    sledId: uuid(),
    propolisId: uuid(),
    /** Where it migrates to; both null while it does not. */
    targetSledId: uuid(),
    targetPropolisId: uuid(),
    timeDeleted: time(),
    ...times(),
  },
  (t) => [
    uniqueIndex('lookup_instance_by_project_and_name')
      .on(t.projectId, t.name)
      .where(sql`${t.timeDeleted} is null`),
    index('instance_by_sled')
      .on(t.sledId)
      .where(sql`${t.timeDeleted} is null`),
  ],
);

export const eventKind = pgEnum('event_kind', [
  'create',
  'start',
  'stop',
  'delete',
  'migrate',
  'reconfigure',
  'reboot',
  'fail',
]);
export const eventState = pgEnum('event_state', ['pending', 'running', 'succeeded', 'failed', 'superseded', 'stale']);

export const instanceEvent = pgTable(
  'instance_event',
  {
    eventId: uuid().primaryKey(),
    instanceId: uuid().notNull(),
    generation: bigint({ mode: 'number' }).notNull(),
    kind: eventKind().notNull(),
    /** The event as it was posted, less its identity; what a repeated event_id is compared with. */
    body: jsonb().notNull(),
    state: eventState().notNull().default('pending'),
    /** Why it failed, or what overtook it. */
    reason: text(),
    /** Workflow id and run id of the run that took it. */
    claimedBy: text(),
    runId: text(),
    /** Groups that the event touched when it was applied (uuid[] as JSON), for its status. */
    touched: jsonb().$type<string[]>(),
    supersededBy: bigint({ mode: 'number' }),
    /** Order of acceptance, for paging. */
    sequence: bigserial({ mode: 'number' }).notNull(),
    timeAccepted: time().notNull().defaultNow(),
    timeClaimed: time(),
    timeApplied: time(),
    timeFinished: time(),
  },
  (t) => [
    uniqueIndex('instance_event_by_generation')
      .on(t.instanceId, t.generation)
      .where(sql`${t.state} <> 'stale'`),
    index('instance_event_open')
      .on(t.instanceId, t.generation)
      .where(sql`${t.timeFinished} is null`),
    index('instance_event_unfinished')
      .on(t.sequence)
      .where(sql`${t.timeFinished} is null`),
    uniqueIndex('instance_event_by_sequence').on(t.sequence),
    index('instance_event_by_instance').on(t.instanceId, t.sequence),
    // What of a run is not over yet is found without what is.
    index('instance_event_by_run')
      .on(t.claimedBy, t.timeFinished)
      .where(sql`${t.claimedBy} is not null`),
  ],
);

/** An event's interest in a round of a group. The round that serves the request writes the outcome; delivery deletes the row. */
export const groupWaiter = pgTable(
  'group_waiter',
  {
    eventId: uuid().notNull(),
    groupId: uuid().notNull(),
    instanceId: uuid().notNull(),
    /** The group's request number that the event's change belongs to. */
    request: bigint({ mode: 'number' }).notNull(),
    outcome: text(),
    reason: text(),
    /** Whether a run has been told. The row stays until its event is finished: a run that is begun again reads it. */
    told: boolean().notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.groupId] }), index('group_waiter_by_group').on(t.groupId, t.request)],
);
