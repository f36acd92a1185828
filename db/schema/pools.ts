/** IP pools, their ranges, and the silos they are linked to. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  inet,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { identity, time, times } from './columns';

export const ipPoolType = pgEnum('ip_pool_type', ['unicast', 'multicast']);
export const ipVersion = pgEnum('ip_version', ['v4', 'v6']);

export const ipPool = pgTable(
  'ip_pool',
  {
    ...identity(),
    timeDeleted: time(),
    ipVersion: ipVersion().notNull(),
    poolType: ipPoolType().notNull().default('unicast'),
    /** `switchN.qsfpM`, distinct, in the order given; null for unicast pools. */
    switchPortUplinks: text().array(),
    mvlan: integer(),
    /** Child generation: grows with each range, so that a pool is not deleted under a new one. */
    rcgen: bigint({ mode: 'number' }).notNull().default(1),
  },
  (t) => [
    uniqueIndex('lookup_pool_by_name')
      .on(t.name)
      .where(sql`${t.timeDeleted} is null`),
    index('lookup_ip_pool_by_type')
      .on(t.poolType)
      .where(sql`${t.timeDeleted} is null`),
    check('mvlan_valid_range', sql`${t.mvlan} is null or ${t.mvlan} between 2 and 4094`),
    check(
      'multicast_fields_on_multicast_pools',
      sql`${t.poolType} = 'multicast' or (${t.mvlan} is null and ${t.switchPortUplinks} is null)`,
    ),
  ],
);

export const ipPoolRange = pgTable(
  'ip_pool_range',
  {
    id: uuid().primaryKey(),
    ipPoolId: uuid().notNull(),
    firstAddress: inet().notNull(),
    lastAddress: inet().notNull(),
    timeDeleted: time(),
    /** Child generation: grows with each allocation, so that a range is not removed under a new group. */
    rcgen: bigint({ mode: 'number' }).notNull().default(1),
    ...times(),
  },
  (t) => [
    uniqueIndex('lookup_pool_range_by_first_address')
      .on(t.firstAddress)
      .where(sql`${t.timeDeleted} is null`),
    uniqueIndex('lookup_pool_range_by_last_address')
      .on(t.lastAddress)
      .where(sql`${t.timeDeleted} is null`),
    index('ip_pool_range_by_pool')
      .on(t.ipPoolId, t.firstAddress)
      .where(sql`${t.timeDeleted} is null`),
    check('check_address_order', sql`${t.firstAddress} <= ${t.lastAddress}`),
    check('one_address_family', sql`family(${t.firstAddress}) = family(${t.lastAddress})`),
  ],
);

/** Link of a pool to a silo; type and version are copied so that one index can say: one default per silo, type and version. */
export const ipPoolSilo = pgTable(
  'ip_pool_silo',
  {
    ipPoolId: uuid().notNull(),
    siloId: uuid().notNull(),
    isDefault: boolean().notNull(),
    poolType: ipPoolType().notNull(),
    ipVersion: ipVersion().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.ipPoolId, t.siloId] }),
    uniqueIndex('one_default_ip_pool_per_silo')
      .on(t.siloId, t.poolType, t.ipVersion)
      .where(sql`${t.isDefault}`),
    index('ip_pool_silo_by_silo').on(t.siloId, t.ipPoolId),
  ],
);
