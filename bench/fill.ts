/**
 * Fills the database, and the switches, as if everything in it had happened long ago: groups converged on every switch, instances
 * stopped or running with their memberships. Set-based, so that 100,000 memberships are seconds; what a round would find is what a
 * round would have left.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Db } from '../db/client';
import { ipPool, ipPoolRange, ipPoolSilo } from '../db/schema';
import { desiredConfig } from '../domain/desired';
import { ABSENT, switchEdits, tagOf } from '../domain/switch-edits';
import type { SwitchConfig } from '../domain/switch-config';
import { underlayAddress } from '../domain/underlay';
import { createDpdClient } from '../dataplane/dpd/client';
import { chunks, inParallel, say } from './command';
import type { BenchSled, BenchSwitch, Rack } from './rack';

export interface Pool {
  id: string;
  rangeId: string;
}

export interface Filled {
  groups: { id: string; ip: string; name: string }[];
  instances: BenchInstance[];
}

export interface BenchInstance {
  id: string;
  sled: BenchSled;
  propolisId: string;
  groupIds: string[];
}

export interface FillOptions {
  groups: number;
  instances: number;
  /** Groups that each instance is a member of. */
  perInstance?: number;
  running?: boolean;
  /** Groups that are there already, for the instances. */
  into?: Filled['groups'];
  /** Distinguishes several fillings of one rack. */
  prefix: string;
}

const VNI = 77;
const MOST_ADDRESSES = 1 << 24;
let addresses = 0;

/** A multicast pool for all of 225.0.0.0/8, the silo's default. */
export async function addPool(rack: Rack): Promise<Pool> {
  const pool = { id: randomUUID(), rangeId: randomUUID() };
  await rack.db.insert(ipPool).values({
    id: pool.id,
    name: 'bench',
    description: '',
    ipVersion: 'v4',
    poolType: 'multicast',
  });
  await rack.db
    .insert(ipPoolRange)
    .values({ id: pool.rangeId, ipPoolId: pool.id, firstAddress: '225.0.0.1', lastAddress: '225.255.255.254' });
  await rack.db
    .insert(ipPoolSilo)
    .values({ ipPoolId: pool.id, siloId: rack.siloId, isDefault: true, poolType: 'multicast', ipVersion: 'v4' });
  return pool;
}

export async function fill(rack: Rack, pool: Pool, options: FillOptions): Promise<Filled> {
  const { groups: count, prefix, running = false } = options;
  const made = Array.from({ length: count }, (_, at) => ({ ...nextGroup(), name: `${prefix}-${at}` }));
  const groups = options.into ?? made;
  const instances = Array.from({ length: options.instances }, (_, at): BenchInstance => {
    const groupIds = Array.from({ length: Math.min(options.perInstance ?? 1, groups.length) }, (_each, nth) => {
      const { id } = groups[(at * (options.perInstance ?? 1) + nth) % groups.length]!;
      return id;
    });
    return { id: randomUUID(), sled: rack.sleds[at % rack.sleds.length]!, propolisId: randomUUID(), groupIds };
  });
  const configs = configsOf(made, running ? instances : []);
  for (const some of chunks(made, 2_000)) await insertGroups(rack.db, rack.projectId, pool, some, configs);
  for (const some of chunks(instances, 10_000))
    await insertInstances(rack.db, rack.projectId, some, { prefix, running });
  await rack.db.execute(sql`analyze`);
  await fillSwitches(rack.switches, [...configs.values()]);
  if (count > 500 || options.instances > 5_000) say(`filled ${count} groups, ${options.instances} instances`);
  return { groups, instances };
}

function nextGroup(): { id: string; ip: string } {
  addresses += 1;
  if (addresses >= MOST_ADDRESSES) throw new Error('out of addresses');
  // From the upper end, so that addresses that the API hands out do not meet these.
  const at = MOST_ADDRESSES - 1 - addresses;
  return { id: randomUUID(), ip: `225.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}` };
}

function configsOf(groups: Filled['groups'], running: BenchInstance[]): Map<string, SwitchConfig> {
  const ports = new Map(groups.map(({ id }) => [id, new Set<string>()]));
  for (const { sled, groupIds } of running) for (const id of groupIds) ports.get(id)?.add(`rear${sled.rearPort}`);
  return new Map(
    groups.map(({ id, ip }) => {
      const underlayIp = underlayAddress(ip, 0);
      const facts = { tag: tagOf(id), ip, underlayIp, vni: VNI, vlan: null, sources: [], deleting: false };
      const config = desiredConfig(facts, [...(ports.get(id) ?? [])]);
      if (config === null) throw new Error('a living group has a configuration');
      return [id, config];
    }),
  );
}

async function insertGroups(
  db: Db,
  projectId: string,
  pool: Pool,
  groups: Filled['groups'],
  configs: Map<string, SwitchConfig>,
): Promise<void> {
  const rows = JSON.stringify(
    groups.map(({ id, ip, name }) => {
      const config = configs.get(id);
      return { id, ip, name, config, underlay: config?.underlayIp, underlay_id: randomUUID(), tag: tagOf(id) };
    }),
  );
  const from = sql`jsonb_to_recordset(${rows}::jsonb)
    as r(id uuid, ip inet, name text, config jsonb, underlay inet, underlay_id uuid, tag text)`;
  await db.execute(sql`
    insert into underlay_multicast_group (id, multicast_ip, salt, vni, tag)
    select underlay_id, underlay, 0, ${VNI}, tag from ${from}`);
  await db.execute(sql`
    insert into multicast_group (id, name, description, project_id, vni, ip_pool_id, ip_pool_range_id, multicast_ip,
      underlay_group_id, tag, state, requested, attempted, served, round, config_generation, config, outcome, time_converged)
    select id, name, '', ${projectId}, ${VNI}, ${pool.id}, ${pool.rangeId}, ip, underlay_id, tag, 'active', 1, 1, 1, 1, 1,
      config, 'served', now()
    from ${from}`);
  await db.execute(sql`
    insert into switch_ack (switch_id, group_id, config, config_generation, round, incarnation, suspect, time_acked)
    select s.id, r.id, r.config, 1, 1, s.incarnation, false, now() from ${from}, switch s`);
}

async function insertInstances(
  db: Db,
  projectId: string,
  instances: BenchInstance[],
  { prefix, running }: { prefix: string; running: boolean },
): Promise<void> {
  const rows = JSON.stringify(
    instances.map(({ id, sled, propolisId, groupIds }) => ({
      id,
      sled: running ? sled.id : null,
      propolis: running ? propolisId : null,
      groups: groupIds,
    })),
  );
  const from = sql`jsonb_to_recordset(${rows}::jsonb) as r(id uuid, sled uuid, propolis uuid, groups jsonb)`;
  const each = sql`${from}, jsonb_array_elements_text(r.groups) as g(id)`;
  await db.execute(sql`
    insert into instance (id, project_id, name, state, generation, applied, sled_id, propolis_id)
    select id, ${projectId}, ${prefix} || '-' || id, ${running ? 'running' : 'stopped'}::instance_state, 1, 1, sled, propolis
    from ${from}`);
  await db.execute(sql`
    insert into multicast_group_member (id, external_group_id, parent_id, state, sled_id, propolis_id, generation)
    select gen_random_uuid(), g.id::uuid, r.id, ${running ? 'joined' : 'left'}::multicast_group_member_state, r.sled,
      r.propolis, 1
    from ${each}`);
  if (!running) return;
  await db.execute(sql`
    insert into member_flow (group_id, propolis_id, sled_id, group_ip, sources, state, round)
    select g.id::uuid, r.propolis, r.sled, m.multicast_ip, '', 'joined', 1
    from ${each} join multicast_group m on m.id = g.id::uuid`);
}

/** Straight to the daemons, as their groups' rounds would have written it. */
export async function fillSwitches(switches: BenchSwitch[], configs: SwitchConfig[]): Promise<void> {
  await Promise.all(
    switches.map(async ({ address }) => {
      const client = createDpdClient({ address, timeoutMs: 10_000, connections: 8 });
      await client.status();
      await inParallel(configs, 16, async (config) => {
        const edits = switchEdits(ABSENT, config);
        if (!Array.isArray(edits)) throw new Error('an empty switch is nobody else’s');
        for (const edit of edits) await client.apply(edit);
      });
      await client.close();
    }),
  );
}
