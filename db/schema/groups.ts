/** Multicast groups: what users asked for, how far convergence is, and what every switch and sled has acknowledged. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  index,
  inet,
  integer,
  jsonb,
  pgEnum,
  pgSequence,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import type { PortMember, SwitchConfig } from '../../domain/switch-config';
import { identity, time, times, vni } from './columns';

export const multicastGroupState = pgEnum('multicast_group_state', ['creating', 'active', 'deleting']);
export const multicastGroupMemberState = pgEnum('multicast_group_member_state', ['joining', 'joined', 'left']);
export const multicastGroupVersion = pgSequence('multicast_group_version', { startWith: 1, increment: 1 });

const versionAdded = () =>
  bigint({ mode: 'number' })
    .notNull()
    .default(sql`nextval('multicast_group_version')`);

export const multicastGroup = pgTable(
  'multicast_group',
  {
    ...identity(),
    timeDeleted: time(),
    projectId: uuid().notNull(),
    vpcId: uuid(),
    vni: vni(),
    ipPoolId: uuid().notNull(),
    ipPoolRangeId: uuid().notNull(),
    multicastIp: inet().notNull(),
    sourceIps: inet()
      .array()
      .notNull()
      .default(sql`'{}'::inet[]`),
    underlayGroupId: uuid(),
    /** What the switches know the group by: made of its id, never of its name. */
    tag: varchar({ length: 80 }).notNull(),
    state: multicastGroupState().notNull().default('creating'),
    versionAdded: versionAdded(),

    /** Number of the newest request to converge, of the newest one that a round took up, and of the newest one served. */
    requested: bigint({ mode: 'number' }).notNull().default(0),
    attempted: bigint({ mode: 'number' }).notNull().default(0),
    served: bigint({ mode: 'number' }).notNull().default(0),
    /** When the oldest request came that no round has ended for. */
    timeRequested: time(),
    /** Number of the newest round; only grows. */
    round: bigint({ mode: 'number' }).notNull().default(0),
    /** Generation of `config`; grows when the acknowledged configuration changes. */
    configGeneration: bigint({ mode: 'number' }).notNull().default(0),
    /** The last configuration that every required switch acknowledged (without the uplinks, which differ per switch); null = none. */
    config: jsonb().$type<SwitchConfig>(),
    outcome: text(),
    reason: text(),
    /** Rounds failed in a row, and when the next try is due; null = nothing owed. */
    failures: integer().notNull().default(0),
    timeRetry: time(),
    timeConverged: time(),
  },
  (t) => [
    uniqueIndex('multicast_group_version_added').on(t.versionAdded),
    uniqueIndex('lookup_external_multicast_by_ip')
      .on(t.multicastIp)
      .where(sql`${t.timeDeleted} is null`),
    uniqueIndex('lookup_multicast_group_by_name_and_project')
      .on(t.projectId, t.name)
      .where(sql`${t.timeDeleted} is null`),
    // Lists by name are ordered by bytes, whatever the locale.
    index('multicast_group_by_project_and_name_bytes')
      .on(t.projectId, sql`${t.name} collate "C"`)
      .where(sql`${t.timeDeleted} is null`),
    index('multicast_group_by_project_and_id')
      .on(t.projectId, t.id)
      .where(sql`${t.timeDeleted} is null`),
    index('external_multicast_by_pool')
      .on(t.ipPoolId, t.ipPoolRangeId)
      .where(sql`${t.timeDeleted} is null`),
    index('external_multicast_by_underlay')
      .on(t.underlayGroupId)
      .where(sql`${t.underlayGroupId} is not null`),
    index('multicast_group_by_vpc')
      .on(t.vpcId)
      .where(sql`${t.vpcId} is not null`),
    index('multicast_group_dirty')
      .on(t.id)
      .where(sql`${t.requested} > ${t.attempted} or ${t.timeRetry} is not null`),
    check(
      'external_multicast_ip_valid',
      sql`(family(${t.multicastIp}) = 4 and ${t.multicastIp} << '224.0.0.0/4') or (family(${t.multicastIp}) = 6 and ${t.multicastIp} << 'ff00::/8' and not ${t.multicastIp} << 'ff04::/16' and not ${t.multicastIp} << 'ff05::/16' and not ${t.multicastIp} << 'ff08::/16')`,
    ),
    check(
      'external_ipv4_not_reserved',
      sql`family(${t.multicastIp}) <> 4 or (not ${t.multicastIp} << '224.0.0.0/24' and not ${t.multicastIp} << '233.0.0.0/8' and not ${t.multicastIp} << '239.0.0.0/8')`,
    ),
    check(
      'external_ipv6_not_reserved',
      sql`family(${t.multicastIp}) <> 6 or (not ${t.multicastIp} << 'ff01::/16' and not ${t.multicastIp} << 'ff02::/16')`,
    ),
    check('multicast_group_vni_valid', sql`${t.vni} between 0 and 16777215`),
    check('multicast_group_served_not_ahead', sql`${t.served} <= ${t.attempted} and ${t.attempted} <= ${t.requested}`),
    check('multicast_group_sources_bounded', sql`cardinality(${t.sourceIps}) <= 64`),
  ],
);

export const groupUpdateState = pgEnum('group_update_state', [
  'pending',
  'taken',
  'served',
  'failed',
  'refused',
  'withdrawn',
]);

/** The queue of updates that the switches must follow; a round takes the oldest of its group. */
export const multicastGroupUpdate = pgTable(
  'multicast_group_update',
  {
    id: uuid().primaryKey(),
    groupId: uuid().notNull(),
    projectId: uuid().notNull(),
    /** null = as it is. */
    name: varchar({ length: 63 }),
    description: varchar({ length: 512 }),
    sourceIps: inet().array(),
    state: groupUpdateState().notNull(),
    reason: text(),
    /** The round that took it. */
    round: bigint({ mode: 'number' }),
    /** Whether its workflow knows the outcome. */
    told: boolean().notNull().default(false),
    sequence: bigserial({ mode: 'number' }).notNull(),
    timeCreated: time().notNull().defaultNow(),
    timeFinished: time(),
  },
  (t) => [
    uniqueIndex('group_update_by_sequence').on(t.sequence),
    index('group_update_queue')
      .on(t.groupId, t.sequence)
      .where(sql`${t.state} in ('pending', 'taken')`),
    index('group_update_untold')
      .on(t.groupId)
      .where(sql`not ${t.told}`),
    index('group_update_name')
      .on(t.projectId, t.name)
      .where(sql`${t.state} in ('pending', 'taken') and ${t.name} is not null`),
  ],
);

export const underlayMulticastGroup = pgTable(
  'underlay_multicast_group',
  {
    id: uuid().primaryKey(),
    /** In ff04::/64. */
    multicastIp: inet().notNull(),
    /** The salt that made the address unique: 0 unless another group's mapping collided. */
    salt: smallint().notNull(),
    vni: vni(),
    tag: varchar({ length: 80 }).notNull(),
    versionAdded: versionAdded(),
    ...times(),
  },
  (t) => [
    uniqueIndex('lookup_underlay_multicast_by_ip').on(t.multicastIp),
    uniqueIndex('underlay_multicast_by_tag').on(t.tag),
    check('underlay_ipv6_admin_scoped', sql`family(${t.multicastIp}) = 6 and ${t.multicastIp} << 'ff04::/64'`),
    check('underlay_salt_valid', sql`${t.salt} between 0 and 255`),
  ],
);

export const multicastGroupMember = pgTable(
  'multicast_group_member',
  {
    id: uuid().primaryKey(),
    ...times(),
    /** Set when the membership was removed: invisible to users, kept until every switch in service confirmed. */
    timeDeleted: time(),
    externalGroupId: uuid().notNull(),
    /** The instance. */
    parentId: uuid().notNull(),
    state: multicastGroupMemberState().notNull(),
    /** Where it should receive; both null = nowhere (the instance does not run). */
    sledId: uuid(),
    propolisId: uuid(),
    /** Where it shall receive too, while it migrates. */
    targetSledId: uuid(),
    targetPropolisId: uuid(),
    /**
     * Number of the group's request with which what is wanted last changed; every state write is guarded by it, so that
     * a round never judges a change that it has not read.
     */
    generation: bigint({ mode: 'number' }).notNull(),
    /** Why it is not Joined though it is wanted, or a remark about how it is. */
    reason: text(),
    /** The event that made the row, so that its undo removes nothing else. */
    createdBy: uuid(),
    versionAdded: versionAdded(),
  },
  (t) => [
    uniqueIndex('multicast_member_unique_parent_per_group')
      .on(t.externalGroupId, t.parentId)
      .where(sql`${t.timeDeleted} is null`),
    index('multicast_member_by_group').on(t.externalGroupId),
    index('multicast_member_group_id_order')
      .on(t.externalGroupId, t.id)
      .where(sql`${t.timeDeleted} is null`),
    index('multicast_member_parent_id_order')
      .on(t.parentId, t.id)
      .where(sql`${t.timeDeleted} is null`),
    index('multicast_member_by_sled')
      .on(t.sledId)
      .where(sql`${t.sledId} is not null`),
    index('multicast_member_by_target_sled')
      .on(t.targetSledId)
      .where(sql`${t.targetSledId} is not null`),
    index('multicast_member_cleanup')
      .on(t.externalGroupId, t.id)
      .where(sql`${t.timeDeleted} is not null`),
    check('multicast_member_location_whole', sql`(${t.sledId} is null) = (${t.propolisId} is null)`),
    check('multicast_member_target_whole', sql`(${t.targetSledId} is null) = (${t.targetPropolisId} is null)`),
  ],
);

/** What one switch has acknowledged of one group. */
export const switchAck = pgTable(
  'switch_ack',
  {
    switchId: uuid().notNull(),
    groupId: uuid().notNull(),
    /** null = the group is absent there. */
    config: jsonb().$type<SwitchConfig>(),
    configGeneration: bigint({ mode: 'number' }).notNull(),
    round: bigint({ mode: 'number' }).notNull(),
    incarnation: bigint({ mode: 'number' }).notNull(),
    /** A write is under way or its result is unknown, or something else was seen there: read before the next write. */
    suspect: boolean().notNull(),
    /**
     * The members that a change asks for which is under way, or whose end nobody knows. Unless the switch reports just these, the change
     * may be half done, whatever is reported: the group is made anew.
     */
    askedMembers: jsonb().$type<PortMember[]>(),
    /** This incarnation refuses the group: it keeps the group from converging, not the switch from coming back. */
    refused: boolean().notNull().default(false),
    /** Writes that its acknowledgements took, ever. */
    writes: bigint({ mode: 'number' }).notNull().default(0),
    lastError: text(),
    timeLastError: time(),
    timeAcked: time(),
    /** When the row last changed; reconciliation trusts its page only if this is older. */
    timeModified: time().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.switchId, t.groupId] }), index('switch_ack_by_group').on(t.groupId)],
);

/** A port that a switch refused for a group's members; left out until the switch restarts or its registration changes. */
export const refusedPort = pgTable(
  'refused_port',
  {
    switchId: uuid().notNull(),
    groupId: uuid().notNull(),
    port: text().notNull(),
    incarnation: bigint({ mode: 'number' }).notNull(),
    reason: text().notNull(),
    timeCreated: time().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.switchId, t.groupId, t.port] })],
);

export const flowState = pgEnum('flow_state', ['joining', 'joined', 'leaving']);

/** A flow on a sled: one VMM accepts one group with one set of sources. Written before the sled is asked, so that it can be taken back. */
export const memberFlow = pgTable(
  'member_flow',
  {
    groupId: uuid().notNull(),
    propolisId: uuid().notNull(),
    sledId: uuid().notNull(),
    groupIp: inet().notNull(),
    /** Comma-separated, sorted; empty = any source. Part of the key because the agent compares it too. */
    sources: text().notNull(),
    state: flowState().notNull(),
    /** A registration that carries it is under way: until that is over no round takes it back, and it outlives its group. */
    registering: boolean().notNull().default(false),
    round: bigint({ mode: 'number' }).notNull(),
    reason: text(),
    ...times(),
  },
  (t) => [
    primaryKey({ columns: [t.groupId, t.propolisId, t.sources] }),
    index('member_flow_by_sled').on(t.groupId, t.sledId, t.state),
    index('member_flow_by_propolis').on(t.propolisId),
  ],
);
