/**
 * One switch against the database, by merge: a page of the switch against the rows of the same range of addresses. No call per
 * group, no write where nothing differs. What differs is handed to the group's own workflow; what is ours and belongs to no
 * group is removed; what is somebody else's is left alone.
 *
 * Nothing is concluded about what was not read: a switch that fails half-way has shown nothing of its later pages. What is kept
 * in memory is what differs, never what is equal, and of that no more than a page of groups.
 */
import { heartbeat } from '@temporalio/activity';
import { LIMITS } from '../domain/limits';
import type { SwitchObject } from '../domain/switch-config';
import { differences } from '../domain/drift';
import { groupOfTag, observedOf } from '../domain/switch-edits';
import { believedBetween, databaseTime, markDifferent, type Believed, type DifferingGroup } from '../db/compare-switch';
import type { Db } from '../db/client';
import type { DpdClient } from '../dataplane/dpd/client';
import type { GroupRequest } from '../db/requests';
import { fewOf } from './every';
import { orphansOf, removeOrphans, type Orphan } from './orphans';

export interface Comparison {
  /** Objects found right. */
  verified: number;
  /** Groups found different. */
  different: number;
  /** Groups that nothing could be said about: a round is at work on them, or owes them something. */
  unsure: number;
  orphansRemoved: number;
  /** One by one; none of them has kept the rest from being compared. */
  errors: string[];
}

export interface ComparedSwitch {
  db: Db;
  client: DpdClient;
  switchId: string;
  /** The workflow that compares. */
  by: string;
  /** Wakes the groups that were asked; returns what went wrong. */
  wake: (requests: GroupRequest[]) => Promise<string[]>;
  pageSize?: number;
}

export async function compareSwitch({
  pageSize = LIMITS.reconcilePage,
  ...about
}: ComparedSwitch): Promise<Comparison> {
  const merge = new Merge(about);
  try {
    let after: string | null = null;
    let before = await databaseTime(about.db);
    for await (const page of about.client.listGroups(pageSize)) {
      const upTo: string | null = page.at(-1)?.ip ?? null;
      if (upTo === null) break;
      await merge.page(page, after, upTo, before);
      after = upTo;
      heartbeat(upTo);
      before = await databaseTime(about.db);
    }
    await merge.page([], after, null, before);
  } finally {
    // What was found on the pages that the switch has shown holds, whatever became of the others.
    await merge.handOver();
  }
  return merge.end();
}

class Merge {
  readonly #total: Comparison = { verified: 0, different: 0, unsure: 0, orphansRemoved: 0, errors: [] };
  readonly #orphans: Orphan[] = [];
  /** By group, because the two objects of a group are on different pages. */
  readonly #differing = new Map<string, DifferingGroup>();

  constructor(private readonly about: Omit<ComparedSwitch, 'pageSize'>) {}

  /** Objects of the switch whose addresses lie in (after, upTo], all of them. */
  async page(objects: SwitchObject[], after: string | null, upTo: string | null, before: string): Promise<void> {
    const { db, switchId } = this.about;
    const strays: SwitchObject[] = [];
    const believed = new Map((await believedBetween(db, switchId, after, upTo)).map((row) => [row.ip, row]));
    for (const object of objects) {
      const row = believed.get(object.ip);
      believed.delete(object.ip);
      if (row !== undefined) this.#compare(row, object, before);
      else if (groupOfTag(object.tag) !== null) strays.push(object);
    }
    // Asked again: a group may have been made between the two readings.
    if (strays.length > 0) this.#orphans.push(...(await orphansOf(db, strays)));
    // What is left of the rows is not on the switch.
    for (const row of believed.values()) this.#compare(row, null, before);
    if (this.#differing.size >= LIMITS.reconcilePage) await this.handOver();
  }

  #compare(row: Believed, object: SwitchObject | null, before: string): void {
    if (row.unsure) {
      if (row.kind === 'external') this.#total.unsure += 1;
      return;
    }
    const differing = differences(observedOf(row.config)[row.kind], object);
    if (differing.length === 0 && object !== null) this.#total.verified += 1;
    if (differing.length === 0) return;
    const { groupId, groupIp: ip } = row;
    const group = this.#differing.get(groupId) ?? { groupId, before, drift: [] };
    group.drift.push(...differing.map((difference) => ({ groupId, ip, ...difference })));
    this.#differing.set(groupId, group);
  }

  /** Gives what differs to the groups themselves. */
  async handOver(): Promise<void> {
    const { db, switchId, wake } = this.about;
    const requests = await markDifferent(db, switchId, [...this.#differing.values()]);
    this.#differing.clear();
    this.#total.different += requests.length;
    this.#total.errors.push(...(await wake(requests)));
  }

  /** Only after the last page: an underlay group can be removed once the external one that refers to it is gone. */
  async end(): Promise<Comparison> {
    const { removed, errors } = await removeOrphans(this.about, this.#orphans);
    return { ...this.#total, orphansRemoved: removed, errors: fewOf([...this.#total.errors, ...errors]) };
  }
}
