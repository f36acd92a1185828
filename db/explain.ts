/** What is known of one group, and of one instance in it, for the question why a packet arrives or does not. Reads only, in one snapshot. */
import { sql } from 'drizzle-orm';
import type { ExplainFacts, InstanceStanding, SwitchStanding } from '../domain/explain';
import type { SwitchConfig } from '../domain/switch-config';
import type { Db, Tx } from './client';
import { multicastEnabled } from './runtime-config';

export interface ExplainQuery {
  groupId: string;
  instance: { id: string; name: string } | null;
  source: string | null;
}

/** Null when the group is gone. */
export async function readExplainFacts(
  db: Db,
  { groupId, instance, source }: ExplainQuery,
): Promise<ExplainFacts | null> {
  return db.transaction(
    async (tx) => {
      const group = await readGroup(tx, groupId);
      if (group === null) return null;
      const standing = instance === null ? null : await readInstance(tx, groupId, instance);
      const switches = await readSwitches(tx, groupId, standing?.vmm?.port ?? null);
      return { enabled: await multicastEnabled(tx), group, switches, instance: standing, source };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}

async function readGroup(tx: Tx, groupId: string): Promise<ExplainFacts['group'] | null> {
  const rows = await tx.execute<ExplainFacts['group'] & Record<string, unknown>>(sql`
    select state, array(select host(s) from unnest(source_ips) s) as sources, requested, served,
      config_generation as "configGeneration", outcome, reason
    from multicast_group where id = ${groupId}`);
  return rows[0] ?? null;
}

async function readSwitches(tx: Tx, groupId: string, port: string | null): Promise<SwitchStanding[]> {
  const rows = await tx.execute<{
    name: string;
    service: SwitchStanding['service'];
    config: SwitchConfig | null;
    generation: number;
    believed: boolean;
    error: string | null;
    refusal: string | null;
    drift: SwitchStanding['drift'] | null;
  }>(sql`
    select 'switch' || s.slot as name, s.service, a.config, coalesce(a.config_generation, 0) as generation,
      coalesce(a.incarnation = s.incarnation and not a.suspect, false) as believed,
      case when s.service = 'in_service' then a.last_error else s.last_error end as error,
      coalesce((select r.reason from refused_port r where r.switch_id = s.id and r.group_id = ${groupId}
          and r.incarnation = s.incarnation and r.port = ${port}),
        case when a.refused and a.incarnation = s.incarnation then coalesce(a.last_error, 'it did not say why') end) as refusal,
      (select jsonb_agg(jsonb_build_object('port', nullif(d.port, ''), 'detail', d.detail) order by d.sequence) from drift d
        where d.switch_id = s.id and d.group_id = ${groupId} and d.time_repaired is null) as drift
    from switch s left join switch_ack a on a.switch_id = s.id and a.group_id = ${groupId}
    order by s.slot`);
  return [...rows].map(({ name, service, config, generation, believed, error, refusal, drift }) => ({
    name,
    service,
    config,
    configGeneration: generation,
    believed,
    lastError: error,
    refusal,
    drift: drift ?? [],
  }));
}

async function readInstance(
  tx: Tx,
  groupId: string,
  { id, name }: { id: string; name: string },
): Promise<InstanceStanding> {
  const rows = await tx.execute<{
    state: string;
    member: InstanceStanding['member'];
    propolis_id: string | null;
    port: string | null;
    version: number | null;
  }>(sql`
    select i.state, i.propolis_id, 'rear' || s.rear_port as port, s.agent_api_version as version,
      (select jsonb_build_object('generation', m.generation, 'state', m.state, 'reason', m.reason, 'removed', m.time_deleted is not null)
        from multicast_group_member m where m.external_group_id = ${groupId} and m.parent_id = i.id
        order by m.time_deleted nulls first limit 1) as member
    from instance i left join sled s on s.id = i.sled_id where i.id = ${id}`);
  const row = rows[0];
  const vmm = row?.propolis_id ?? null;
  const flows = await tx.execute<InstanceStanding['flows'][number] & Record<string, unknown>>(sql`
    select sources, state, reason from member_flow where group_id = ${groupId} and propolis_id = ${vmm} order by sources`);
  return {
    name,
    state: row?.state ?? 'gone',
    member: row?.member ?? null,
    vmm: row === undefined || vmm === null ? null : { propolisId: vmm, port: row.port, agentVersion: row.version },
    flows: [...flows],
  };
}
