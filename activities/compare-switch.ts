/**
 * One switch against the database, by merge: a page of the switch against the rows of the same range of addresses. No call per
 * group, no write where nothing differs. What differs is handed to the group's own workflow; what is ours and belongs to no
 * group is removed, external before underlay; what is somebody else's is left alone.
 */
import { heartbeat } from '@temporalio/activity';
import { LIMITS } from '../domain/limits';
import type { SwitchObject } from '../domain/switch-config';
import { differences } from '../domain/drift';
import { groupOfTag, observedOf } from '../domain/switch-edits';
import { believedBetween, databaseTime, livingGroups, markDifferent, type Believed } from '../db/compare-switch';
import type { Db } from '../db/client';
import { recordDrift, type FoundDrift } from '../db/drift';
import type { DpdClient } from '../dataplane/dpd/client';
import type { GroupRequest } from '../db/requests';

export interface Comparison {
  verified: number;
  different: number;
  orphansRemoved: number;
  requests: GroupRequest[];
}

/** `by`: the workflow that compares. */
export async function compareSwitch(db: Db, client: DpdClient, switchId: string, by: string): Promise<Comparison> {
  const total: Comparison = { verified: 0, different: 0, orphansRemoved: 0, requests: [] };
  const orphans: SwitchObject[] = [];
  let after: string | null = null;
  let before = await databaseTime(db);
  for await (const page of client.listGroups(LIMITS.reconcilePage)) {
    const upTo: string | null = page.at(-1)?.ip ?? null;
    if (upTo === null) break;
    orphans.push(...(await comparePage(db, switchId, page, after, upTo, before, total)));
    after = upTo;
    heartbeat(upTo);
    before = await databaseTime(db);
  }
  await comparePage(db, switchId, [], after, null, before, total);
  total.orphansRemoved = await removeOrphans(db, client, switchId, orphans, by);
  return total;
}

async function comparePage(
  db: Db,
  switchId: string,
  page: SwitchObject[],
  after: string | null,
  upTo: string | null,
  before: string,
  total: Comparison,
): Promise<SwitchObject[]> {
  const believed = new Map((await believedBetween(db, switchId, after, upTo)).map((row) => [row.ip, row]));
  const found: FoundDrift[] = [];
  const strays: SwitchObject[] = [];
  const compare = (row: Believed, object: SwitchObject | null) => {
    if (row.unsure) return;
    const differing = differences(observedOf(row.config)[row.kind], object);
    if (differing.length === 0 && object !== null) total.verified += 1;
    found.push(...differing.map((difference) => ({ groupId: row.groupId, ip: row.ip, ...difference })));
  };
  for (const object of page) {
    const row = believed.get(object.ip);
    believed.delete(object.ip);
    if (row !== undefined) compare(row, object);
    else if (groupOfTag(object.tag) !== null) strays.push(object);
  }
  // What is left of the rows is not on the switch.
  for (const row of believed.values()) compare(row, null);
  const requests = await markDifferent(db, switchId, found, before);
  total.different += requests.length;
  total.requests.push(...requests);
  return strays;
}

/** Removes objects of ours that no group's row stands behind, asked after they were read. */
export async function removeOrphans(
  db: Db,
  client: DpdClient,
  switchId: string,
  strays: SwitchObject[],
  by: string,
): Promise<number> {
  const ids = strays.map((object) => groupOfTag(object.tag) ?? '');
  const living = await livingGroups(db, [...new Set(ids)]);
  const orphans = strays.filter((object) => !living.has(groupOfTag(object.tag) ?? ''));
  for (const kind of ['external', 'underlay'] as const) {
    for (const { ip, tag } of orphans.filter((object) => object.kind === kind)) {
      await client.apply({ op: kind === 'external' ? 'deleteExternal' : 'deleteUnderlay', ip, tag });
    }
  }
  const found = orphans.map((object) => ({
    groupId: groupOfTag(object.tag) ?? '',
    ip: object.ip,
    kind: 'orphan' as const,
    port: null,
    detail: `${object.kind} group without a row`,
  }));
  await recordDrift(db, switchId, found, by);
  return orphans.length;
}
