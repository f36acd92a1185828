/** The registry that Nexus fills: silos, projects, VPCs, and the hardware. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  integer,
  pgEnum,
  pgTable,
  smallint,
  text,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { time, times, vni } from './columns';

export const silo = pgTable(
  'silo',
  { id: uuid().primaryKey(), name: varchar({ length: 63 }).notNull(), ...times() },
  (t) => [uniqueIndex('lookup_silo_by_name').on(t.name)],
);

export const project = pgTable(
  'project',
  { id: uuid().primaryKey(), siloId: uuid().notNull(), name: varchar({ length: 63 }).notNull(), ...times() },
  (t) => [uniqueIndex('lookup_project_by_silo_and_name').on(t.siloId, t.name)],
);

export const vpc = pgTable(
  'vpc',
  {
    id: uuid().primaryKey(),
    projectId: uuid().notNull(),
    name: varchar({ length: 63 }).notNull(),
    vni: vni(),
    ...times(),
  },
  (t) => [
    uniqueIndex('lookup_vpc_by_project_and_name').on(t.projectId, t.name),
    uniqueIndex('lookup_vpc_by_vni').on(t.vni),
    check('vpc_vni_valid', sql`${t.vni} between 0 and 16777215`),
  ],
);

export const sled = pgTable(
  'sled',
  {
    id: uuid().primaryKey(),
    /** Cubby number = N of the switch port rearN that faces the sled. */
    rearPort: smallint().notNull(),
    agentAddress: text().notNull(),
    /** 4 or 5; null until an agent answered. */
    agentApiVersion: smallint(),
    ...times(),
  },
  (t) => [
    uniqueIndex('lookup_sled_by_rear_port').on(t.rearPort),
    check('sled_rear_port_valid', sql`${t.rearPort} between 0 and 31`),
  ],
);

export const switchService = pgEnum('switch_service', ['unreachable', 'resyncing', 'in_service']);

export const rackSwitch = pgTable(
  'switch',
  {
    id: uuid().primaryKey(),
    /** 0 or 1; names the switch: switch0, switch1. */
    slot: smallint().notNull(),
    dpdAddress: text().notNull(),
    service: switchService().notNull().default('unreachable'),
    /** Names one run of the daemon, and grows. What a switch acknowledged belongs to one incarnation. */
    incarnation: bigint({ mode: 'number' }).notNull().default(0),
    /** The daemon's own seconds since its start, when it was last seen. */
    uptime: bigint({ mode: 'number' }),
    /** Ports that the daemon offers, read once per incarnation; null = not known. */
    ports: text().array(),
    apiVersion: smallint(),
    multicast: boolean().notNull().default(true),
    failures: integer().notNull().default(0),
    /** Whether a sweep found nothing of ours without a row, in this incarnation. */
    swept: boolean().notNull().default(false),
    /** When a group was last removed that it may hold still: a sweep that began before has not seen that. */
    timeUnswept: time(),
    lastError: text(),
    timeLastSeen: time(),
    timeServiceChanged: time().notNull().defaultNow(),
    ...times(),
  },
  (t) => [uniqueIndex('lookup_switch_by_slot').on(t.slot), check('switch_slot_valid', sql`${t.slot} between 0 and 31`)],
);

/** One row: what may be changed while everything runs. */
export const runtimeConfig = pgTable(
  'runtime_config',
  {
    id: smallint().primaryKey().default(1),
    multicastEnabled: boolean().notNull().default(false),
    timeModified: time().notNull().defaultNow(),
  },
  (t) => [check('runtime_config_singleton', sql`${t.id} = 1`)],
);
