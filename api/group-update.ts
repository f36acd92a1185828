/**
 * Updating a group. What no switch knows of is changed at once; what the switches must follow is a saga, and the request waits for its end:
 * all-new, or all-old with the reason. An update that waits in the queue is never overtaken by a later one.
 */
import { describeGroup, storeSources, type GroupRow } from '../db/groups';
import { acceptUpdate, hasUpdates, withdrawUpdate } from '../db/group-updates';
import { lockGroups } from '../db/instance-rows';
import { multicastEnabled } from '../db/runtime-config';
import { findGroup } from '../db/lookup';
import type { IpAddress } from '../domain/addresses';
import { LIMITS } from '../domain/limits';
import type { GroupUpdateResult } from '../temporal/client';
import { within } from './deadline';
import { wakeGroups, type ApiDeps } from './deps';
import { notFound, unavailable } from './errors';

export interface GroupChange {
  name?: string;
  description?: string;
  /** Checked against the group's address, sorted; null = as they are. */
  sources: IpAddress[] | null;
}

/** The group as it is afterwards. Throws ServiceNotAvailable when the switches did not follow, and then the old values stand. */
export async function updateGroup(deps: ApiDeps, group: GroupRow, change: GroupChange): Promise<GroupRow> {
  const { db } = deps;
  const { sources, ...described } = change;
  const queued = await db.transaction(async (tx) => {
    await lockGroups(tx, [group.id]);
    const enabled = await multicastEnabled(tx);
    if ((sources === null || !enabled) && !(await hasUpdates(tx, group.id))) {
      await describeGroup(tx, group, described);
      // Nothing is programmed while multicast is off; the round that comes when it is on takes the rows as they are.
      return sources === null
        ? null
        : { updateId: null, requests: await storeSources(tx, group.id, sources.map(text)) };
    }
    const { name = null, description = null } = described;
    return acceptUpdate(tx, { groupId: group.id, name, description, sources: sources?.map(text) ?? null });
  });
  if (queued?.updateId != null) requireServed(await runSaga(deps, group, queued.updateId));
  else if (queued !== null) wakeGroups(deps, queued.requests);
  const found = await findGroup(db, { id: group.id });
  if (found === null) throw notFound('multicast-group', { id: group.id });
  return found.group;
}

const text = (address: IpAddress) => address.text;

async function runSaga({ db, temporal, log }: ApiDeps, group: GroupRow, updateId: string): Promise<GroupUpdateResult> {
  const { id, multicastIp: ip, name } = group;
  try {
    return await within(
      LIMITS.updateWaitMs + LIMITS.updateGraceMs,
      temporal.updateGroup({ updateId, group: { id, ip, name } }),
    );
  } catch (error) {
    log.warn({ group: id, error: String(error) }, 'the saga of an update did not answer');
    const standing = await withdrawUpdate(db, updateId);
    if (standing === null) throw error;
    const { state, reason } = standing;
    return { outcome: state === 'pending' || state === 'taken' ? 'pending' : state, reason };
  }
}

function requireServed({ outcome, reason }: GroupUpdateResult): void {
  if (outcome === 'served') return;
  if (outcome === 'pending') throw unavailable('the update is pending: read the group to see what became of it');
  if (outcome === 'withdrawn')
    throw unavailable('the update was withdrawn because it could not be begun in time; nothing was changed');
  throw unavailable(
    `the switches did not take the update, the old values stand: ${withoutAddresses(reason ?? outcome)}`,
  );
}

/** Where a switch's daemon listens is no business of a tenant's. */
function withoutAddresses(reason: string): string {
  return reason.replaceAll(/ on https?:\/\/[^\s]+?(?=: |$)/g, '');
}
