/**
 * Memberships of instances in groups, as users see and change them.
 *
 * Invariants: locks are taken in the order instance, group, member row, as applied events take them; a row is stamped with the
 * number of the request that its change belongs to, so that no round judges a change that it has not read; an instance has at
 * most `groupsPerInstance` live memberships, and only in groups of its own project.
 */
import { randomUUID } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import type { Queryable, Tx } from './client';
import { instant, readPage, type IdPage, type PageRead } from './page';
import { requestGroups, type GroupRequest } from './requests';
import { instance, multicastGroup, multicastGroupMember } from './schema';

export type MemberRow = typeof multicastGroupMember.$inferSelect;

export interface Membership {
  instanceId: string;
  groupId: string;
}

/** What users see of a member `r`; the API's schema says the same. */
const memberColumns = sql`
  r.id, 'member-' || r.id as name, 'multicast group member ' || r.id as description,
  ${instant(sql`r.time_created`)} as time_created, ${instant(sql`r.time_modified`)} as time_modified,
  r.external_group_id as multicast_group_id, r.parent_id as instance_id, initcap(r.state::text) as state`;

export async function listGroupMembers(
  db: Queryable,
  groupId: string,
  page: IdPage,
  known: string | null,
): Promise<PageRead> {
  const rows = sql`from multicast_group_member r where r.external_group_id = ${groupId} and r.time_deleted is null`;
  return readPage(db, { columns: memberColumns, rows }, page, known);
}

/** All of them: there are few, by the limit above. */
export async function listMemberships(db: Queryable, instanceId: string, known: string | null): Promise<PageRead> {
  const rows = sql`from multicast_group_member r where r.parent_id = ${instanceId} and r.time_deleted is null`;
  return readPage(db, { columns: memberColumns, rows }, { limit: LIMITS.groupsPerInstance, after: null }, known);
}

/** Makes the instance a member. One that is wanted already stays as it is; one that was Left is wanted again. */
export async function joinGroup(tx: Tx, wanted: Membership): Promise<{ member: MemberRow; requests: GroupRequest[] }> {
  const joining = await lockInstance(tx, wanted.instanceId);
  const group = await lockGroup(tx, wanted.groupId);
  const present = await findMember(tx, wanted);
  if (group.state === 'deleting')
    throw invalid(`multicast-group "${group.name}" is being deleted and cannot be joined`);
  if (present?.state === 'joined') return { member: present, requests: [] };
  if (present === undefined) await requireRoom(tx, joining, group);
  const requests = await requestGroups(tx, [group.id]);
  if (present?.state === 'joining') return { member: present, requests };
  const row = {
    state: 'joining' as const,
    sledId: joining.sledId,
    propolisId: joining.propolisId,
    targetSledId: joining.targetSledId,
    targetPropolisId: joining.targetPropolisId,
    generation: requests[0]?.request ?? 0,
    reason: null,
  };
  const [member] = await (present === undefined
    ? tx
        .insert(multicastGroupMember)
        .values({ id: randomUUID(), externalGroupId: group.id, parentId: joining.id, ...row })
        .returning()
    : tx
        .update(multicastGroupMember)
        .set({ ...row, timeModified: sql`now()` })
        .where(eq(multicastGroupMember.id, present.id))
        .returning());
  if (member === undefined) throw new Error('the membership just written is gone');
  return { member, requests };
}

/** Ends the membership, if there is one. The row stays until the switches have confirmed. */
export async function leaveGroup(tx: Tx, { instanceId, groupId }: Membership): Promise<GroupRequest[]> {
  await lockInstance(tx, instanceId);
  await lockGroup(tx, groupId);
  const present = await findMember(tx, { instanceId, groupId });
  if (present === undefined) return [];
  const requests = await requestGroups(tx, [groupId]);
  await tx
    .update(multicastGroupMember)
    .set({
      timeDeleted: sql`now()`,
      timeModified: sql`now()`,
      generation: requests[0]?.request ?? 0,
      sledId: null,
      propolisId: null,
      targetSledId: null,
      targetPropolisId: null,
    })
    .where(eq(multicastGroupMember.id, present.id));
  return requests;
}

type LockedInstance = typeof instance.$inferSelect;
type LockedGroup = Pick<typeof multicastGroup.$inferSelect, 'id' | 'name' | 'projectId' | 'state'>;

async function requireRoom(tx: Tx, joining: LockedInstance, group: LockedGroup): Promise<void> {
  if (joining.projectId !== group.projectId) {
    throw invalid(`instance "${joining.name}" and multicast-group "${group.name}" are not in the same project`);
  }
  const has = await tx.$count(
    multicastGroupMember,
    and(eq(multicastGroupMember.parentId, joining.id), isNull(multicastGroupMember.timeDeleted)),
  );
  if (has < LIMITS.groupsPerInstance) return;
  throw invalid(`instance "${joining.name}" is in ${has} multicast groups, the most is ${LIMITS.groupsPerInstance}`);
}

async function lockInstance(tx: Tx, id: string): Promise<LockedInstance> {
  const rows = await tx
    .select()
    .from(instance)
    .where(and(eq(instance.id, id), isNull(instance.timeDeleted)))
    .for('update');
  if (rows[0] === undefined) throw new CodedError('ObjectNotFound', `not found: instance with id "${id}"`);
  return rows[0];
}

async function lockGroup(tx: Tx, id: string): Promise<LockedGroup> {
  const rows = await tx
    .select({
      id: multicastGroup.id,
      name: multicastGroup.name,
      projectId: multicastGroup.projectId,
      state: multicastGroup.state,
    })
    .from(multicastGroup)
    .where(and(eq(multicastGroup.id, id), isNull(multicastGroup.timeDeleted)))
    .for('update');
  if (rows[0] === undefined) throw new CodedError('ObjectNotFound', `not found: multicast-group with id "${id}"`);
  return rows[0];
}

async function findMember(tx: Tx, { instanceId, groupId }: Membership): Promise<MemberRow | undefined> {
  const rows = await tx
    .select()
    .from(multicastGroupMember)
    .where(
      and(
        eq(multicastGroupMember.externalGroupId, groupId),
        eq(multicastGroupMember.parentId, instanceId),
        isNull(multicastGroupMember.timeDeleted),
      ),
    );
  return rows[0];
}

const invalid = (message: string) => new CodedError('InvalidRequest', message);
