/**
 * Objects of ours that no group's row stands behind are removed, external before underlay, which is the order that a daemon takes.
 * The one exception to the rule that a group's workflow alone writes it: there is no group, so the database is asked after the
 * switch was read. An object that the daemon does not let go keeps no other from being removed, and is shown as drift.
 */
import { heartbeat } from '@temporalio/activity';
import type { Db } from '../db/client';
import { addressesOfGroups } from '../db/compare-switch';
import { settleOrphans, type FoundDrift } from '../db/drift';
import type { DpdClient } from '../dataplane/dpd/client';
import type { SwitchObject } from '../domain/switch-config';
import { groupOfTag } from '../domain/switch-edits';
import { isUnreachable, textOf } from './failures';

/** The little of an object that its removal needs: a switch may hold many. */
export type Orphan = Pick<SwitchObject, 'kind' | 'ip' | 'tag'>;

/** What of a page is ours by its tag, and at no group's address. */
export async function orphansOf(db: Db, page: SwitchObject[]): Promise<Orphan[]> {
  const ours = page.filter((object) => groupOfTag(object.tag) !== null);
  return ofNoGroup(
    db,
    ours.map(({ kind, ip, tag }) => ({ kind, ip, tag })),
  );
}

async function ofNoGroup(db: Db, objects: Orphan[]): Promise<Orphan[]> {
  if (objects.length === 0) return [];
  const held = await addressesOfGroups(
    db,
    objects.map(({ ip }) => ip),
  );
  return objects.filter(({ ip }) => !held.has(ip));
}

interface Swept {
  db: Db;
  client: DpdClient;
  switchId: string;
  /** The workflow that sweeps. */
  by: string;
}

/** `seen`: all that a reading of the whole switch has shown. Asked once more: meanwhile a group may have got such an address. */
export async function removeOrphans(
  { db, client, switchId, by }: Swept,
  seen: Orphan[],
): Promise<{ removed: number; errors: string[] }> {
  const orphans = await ofNoGroup(db, seen);
  const removed: FoundDrift[] = [];
  const left: FoundDrift[] = [];
  const errors: string[] = [];
  for (const kind of ['external', 'underlay'] as const) {
    for (const orphan of orphans.filter((each) => each.kind === kind)) {
      const { ip, tag } = orphan;
      try {
        await client.apply({ op: kind === 'external' ? 'deleteExternal' : 'deleteUnderlay', ip, tag });
        removed.push(found(orphan, ''));
      } catch (error) {
        // A switch that does not answer is nobody's orphan: the whole is tried again.
        if (isUnreachable(error)) throw error;
        left.push(found(orphan, `, not removed: ${textOf(error)}`));
        errors.push(`${ip} (tag ${tag}) was not removed: ${textOf(error)}`);
      }
      heartbeat(ip);
    }
  }
  await settleOrphans(db, switchId, { removed, left, by });
  return { removed: removed.length, errors };
}

const found = ({ kind, ip, tag }: Orphan, more: string): FoundDrift => ({
  groupId: groupOfTag(tag) ?? '',
  ip,
  kind: 'orphan',
  port: null,
  detail: `${kind} group without a row${more}`,
});
