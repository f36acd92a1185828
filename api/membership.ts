/**
 * Joining and leaving, the same behind every endpoint that does it. Both need Modify on the group and on the instance. The rows
 * change in the request's own transaction; the group is woken after the commit.
 */
import { joinGroup, leaveGroup } from '../db/members';
import { wakeGroups } from './deps';
import type { ReadingDeps, Seeker } from './reading';
import { viewMember } from './schemas/groups';
import { selectMembership } from './selectors';
import type { NameOrId } from './wire';

export interface Named {
  group: NameOrId;
  instance: NameOrId;
  project: NameOrId | undefined;
}

export async function join(deps: ReadingDeps, seeker: Seeker, named: Named) {
  const { group, instance } = await selectMembership(seeker, 'modify', named);
  const { member, requests } = await deps.db.transaction((tx) =>
    joinGroup(tx, { groupId: group.id, instanceId: instance.id }),
  );
  wakeGroups(deps, requests);
  return viewMember(member);
}

export async function leave(deps: ReadingDeps, seeker: Seeker, named: Named): Promise<void> {
  const { group, instance } = await selectMembership(seeker, 'modify', named);
  wakeGroups(deps, await deps.db.transaction((tx) => leaveGroup(tx, { groupId: group.id, instanceId: instance.id })));
}
