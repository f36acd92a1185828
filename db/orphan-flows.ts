/**
 * Flows whose group is gone: a registration that was under way when the group went may have brought them to the NIC after its last
 * round. No round will take them back any more, so reconciliation does. A flow is forgotten only once its sled has confirmed.
 */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../domain/limits';
import type { Db } from './client';

export interface OrphanFlow {
  groupId: string;
  propolisId: string;
  groupIp: string;
  /** As flows write them. */
  sources: string;
  /** Null = nobody is to be asked: the sled is gone, or the address and the NIC's flow belong to another group by now. */
  agentAddress: string | null;
}

export async function orphanFlows(db: Db): Promise<OrphanFlow[]> {
  const rows = await db.execute<{
    group_id: string;
    propolis_id: string;
    group_ip: string;
    sources: string;
    agent_address: string | null;
  }>(sql`
    select f.group_id, f.propolis_id, host(f.group_ip) as group_ip, f.sources, s.agent_address
    from member_flow f
    left join sled s on s.id = f.sled_id and not exists (
      select 1 from member_flow o where o.propolis_id = f.propolis_id and o.group_ip = f.group_ip and o.sources = f.sources
        and o.group_id <> f.group_id)
    where not f.registering and not exists (select 1 from multicast_group g where g.id = f.group_id)
    limit ${LIMITS.reconcilePage}`);
  return [...rows].map((row) => ({
    groupId: row.group_id,
    propolisId: row.propolis_id,
    groupIp: row.group_ip,
    sources: row.sources,
    agentAddress: row.agent_address,
  }));
}

export async function forgetFlows(db: Db, flows: OrphanFlow[]): Promise<void> {
  if (flows.length === 0) return;
  await db.execute(sql`
    delete from member_flow f
    using jsonb_to_recordset(${JSON.stringify(flows)}::jsonb) as r("groupId" uuid, "propolisId" uuid, sources text)
    where f.group_id = r."groupId" and f.propolis_id = r."propolisId" and f.sources = r.sources and not f.registering`);
}
