/**
 * The API version of each sled's agent, as the agent itself has shown it, and the members that an agent of version 4 was not
 * told about: their flow counts as joined and carries a remark. Once the agent is upgraded they get a real join.
 */
import { sql } from 'drizzle-orm';
import type { Db, Queryable } from './client';
import { requestGroups, type GroupRequest } from './requests';
import { uuids } from './lists';

/** First version that knows groups. A newer one in the registry is not contradicted by an agent that takes this one too. */
const MULTICAST_SINCE = 5;

/** What the agent at this address speaks with us. */
export async function rememberVersion(db: Queryable, address: string, version: number): Promise<void> {
  const known = sql`agent_api_version`;
  const contradicted = version < MULTICAST_SINCE ? sql`${known} <> ${version}` : sql`${known} < ${MULTICAST_SINCE}`;
  await db.execute(sql`
    update sled set agent_api_version = ${version}, time_modified = now()
    where agent_address = ${address} and (${known} is null or ${contradicted})`);
}

/** A flow that its agent was not told about; a remark on a joined flow says nothing else. */
const untold = sql`f.state = 'joined' and f.reason is not null`;

/** Agents that were too old when last asked, or have not been told of somebody. */
export async function agentsToAsk(db: Queryable): Promise<{ sledId: string; address: string }[]> {
  const rows = await db.execute<{ id: string; address: string }>(sql`
    select s.id, s.agent_address as address from sled s
    where s.agent_api_version < ${MULTICAST_SINCE} or exists (select 1 from member_flow f where f.sled_id = s.id and ${untold})
    order by s.id`);
  return [...rows].map((row) => ({ sledId: row.id, address: row.address }));
}

/** The agent knows groups by now: what it was not told is asked for, by the next round of each group. */
export async function tellAgain(db: Db, sledId: string): Promise<{ flows: number; requests: GroupRequest[] }> {
  return db.transaction(async (tx) => {
    const groups = await tx.execute<{ id: string }>(
      sql`select distinct f.group_id as id from member_flow f where f.sled_id = ${sledId} and ${untold}`,
    );
    const requests = await requestGroups(
      tx,
      [...groups].map((row) => row.id),
    );
    if (requests.length === 0) return { flows: 0, requests };
    const flows = await tx.execute(sql`
      update member_flow f set state = 'joining', reason = null, time_modified = now()
      where f.sled_id = ${sledId} and ${untold} and f.group_id = any(${uuids(requests.map((request) => request.groupId))}) returning 1`);
    return { flows: flows.length, requests };
  });
}
