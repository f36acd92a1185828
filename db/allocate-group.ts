/**
 * Creating a group: its address, its row, its place on the underlay and its first request, in one transaction.
 *
 * Invariants: no two live groups ever have one address; the address given is the lowest free one of the pool; a range's child
 * generation grows with each address taken from it. Allocation takes one statement under the pool's row lock, so the next in
 * line sees this one's address; the unique index stands behind it. The lock is taken as late as can be, since all who make groups
 * in the pool queue for it: what could be refused before has been refused by then, and is looked at once more.
 */
import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { groupAddressFault, isSourceSpecific, RESERVED_BLOCKS, addressOf, type IpAddress } from '../domain/addresses';
import { CodedError } from '../domain/errors';
import { LIMITS } from '../domain/limits';
import { underlayAddress } from '../domain/underlay';
import type { Tx } from './client';
import { claimName } from './group-updates';
import { groupColumns } from './groups';
import { lockPool } from './pools';
import { requestGroups, type GroupRequest } from './requests';
import { project, underlayMulticastGroup, vpc } from './schema';
import { violatedIndex } from './violations';

export interface NewGroup {
  name: string;
  description: string;
  project: { id: string; siloId: string };
  /** null: the pool's lowest free one. */
  address: IpAddress | null;
  /** Checked already, each by itself and against the address if there is one; sorted. */
  sources: IpAddress[];
  poolId: string;
  vpcId: string | null;
}

interface Identity {
  id: string;
  tag: string;
  underlayId: string;
  vni: number;
}

export async function createGroup(tx: Tx, wanted: NewGroup): Promise<{ view: string; requests: GroupRequest[] }> {
  await requireFit(tx, wanted);
  const vni = await holdProject(tx, wanted);
  const id = randomUUID();
  await claimName(tx, wanted.project.id, wanted.name, id);
  const identity = { id, tag: `rackcast:${id}`, underlayId: randomUUID(), vni };
  await lockPool(tx, wanted.poolId);
  const pool = await requireFit(tx, wanted);
  const made = await allocate(tx, wanted, identity);
  if (made === null) throw await whyNot(tx, pool, wanted.address);
  await mapToUnderlay(tx, made.ip, identity);
  return { view: made.view, requests: await requestGroups(tx, [id]) };
}

interface Pool extends Record<string, unknown> {
  id: string;
  name: string;
}

/** The pool has to be linked to the silo and to have ranges; its kind decides whether its groups have sources. */
async function requireFit(tx: Tx, { poolId, project: { siloId }, address, sources }: NewGroup): Promise<Pool> {
  const rows = await tx.execute<Pool & { ip_version: string; specific: boolean | null }>(sql`
    select p.id, p.name, p.ip_version,
      (select r.first_address << '232.0.0.0/8' or r.first_address << 'ff30::/12'
        from ip_pool_range r where r.ip_pool_id = p.id and r.time_deleted is null limit 1) as specific
    from ip_pool p join ip_pool_silo l on l.ip_pool_id = p.id
    where p.id = ${poolId} and p.time_deleted is null and l.silo_id = ${siloId}`);
  const pool = rows[0];
  if (pool === undefined) throw new CodedError('ObjectNotFound', `not found: ip-pool with id "${poolId}"`);
  if (pool.specific === null) {
    throw new CodedError('InsufficientCapacity', `Insufficient capacity: ip-pool "${pool.name}" has no ranges`);
  }
  const foreign = sources.find((source) => `v${source.family}` !== pool.ip_version);
  if (foreign !== undefined) {
    throw invalid(`source ${foreign.text} is IPv${foreign.family}, ip-pool "${pool.name}" is IP${pool.ip_version}`);
  }
  if (pool.specific && sources.length === 0) {
    throw invalid(`SSM multicast pool ${pool.id} requires one or more source IPs`);
  }
  if (!pool.specific && sources.length > 0 && (address === null || !isSourceSpecific(address))) {
    throw invalid(`Cannot allocate SSM multicast group from ASM pool ${pool.id}: its groups have no sources`);
  }
  return pool;
}

/** The project and the VPC stay until the group is there to guard them. Returns the group's VNI. */
async function holdProject(tx: Tx, wanted: NewGroup): Promise<number> {
  const { id } = wanted.project;
  const projects = await tx.select({ id: project.id }).from(project).where(eq(project.id, id)).for('key share');
  if (projects.length === 0) throw new CodedError('ObjectNotFound', `not found: project with id "${id}"`);
  if (wanted.vpcId === null) return LIMITS.vniDefault;
  const [own] = await tx
    .select({ vni: vpc.vni })
    .from(vpc)
    .where(and(eq(vpc.id, wanted.vpcId), eq(vpc.projectId, id)))
    .for('share');
  if (own === undefined) throw new CodedError('ObjectNotFound', `not found: vpc with id "${wanted.vpcId}"`);
  return own.vni;
}

/**
 * Takes an address and makes the row; null if there is none to take. The lowest free address of a range is its first one, or
 * follows a reserved block or the first taken one whose successor is not taken: nothing has to count through a range, however wide,
 * and of the groups in it only those before the first gap are looked at.
 */
async function allocate(tx: Tx, wanted: NewGroup, made: Identity): Promise<{ ip: string; view: string } | null> {
  const explicit = wanted.address?.text ?? null;
  const sources = `{${wanted.sources.map((source) => source.text).join(',')}}`;
  try {
    const rows = await tx.execute<{ ip: string; view: string }>(sql`
      with pool_range as (
        select id, first_address, last_address from ip_pool_range
        where ip_pool_id = ${wanted.poolId} and time_deleted is null
      ),
      candidate as (
        select c.address, r.id as range_id
        from pool_range r cross join lateral (
          select ${explicit}::inet as address where ${explicit}::inet between r.first_address and r.last_address
          union all
          select r.first_address where ${explicit}::inet is null
          union all
          (select t.ip + 1 from (
            select g.multicast_ip as ip, lead(g.multicast_ip) over (order by g.multicast_ip) as next from multicast_group g
            where ${explicit}::inet is null and g.time_deleted is null
              and g.multicast_ip between r.first_address and r.last_address
          ) t
          where t.next is distinct from t.ip + 1 and t.ip < r.last_address
            and not exists (select 1 from ${reserved} where t.ip + 1 between b.first and b.last)
          order by t.ip limit 1)
          union all
          select b.last + 1 from ${reserved} where ${explicit}::inet is null and b.last >= r.first_address and b.last < r.last_address
        ) c
        where not exists (select 1 from multicast_group g where g.multicast_ip = c.address and g.time_deleted is null)
          and not exists (select 1 from ${reserved} where c.address between b.first and b.last)
        order by c.address limit 1
      ),
      counted as (
        update ip_pool_range r set rcgen = r.rcgen + 1, time_modified = now()
        from candidate c where r.id = c.range_id
        returning r.id, c.address
      )
      insert into multicast_group as r (id, name, description, project_id, vpc_id, vni, ip_pool_id, ip_pool_range_id,
        multicast_ip, source_ips, underlay_group_id, tag)
      select ${made.id}, ${wanted.name}, ${wanted.description}, ${wanted.project.id}, ${wanted.vpcId}::uuid, ${made.vni}::integer,
        ${wanted.poolId}, c.id, c.address, ${sources}::inet[], ${made.underlayId}, ${made.tag}
      from counted c
      returning host(multicast_ip) as ip, (select to_json(v)::text from (select ${groupColumns}) v) as view`);
    return rows[0] ?? null;
  } catch (error) {
    if (violatedIndex(error) !== 'lookup_multicast_group_by_name_and_project') throw error;
    throw new CodedError('ObjectAlreadyExists', `already exists: multicast-group "${wanted.name}"`, { cause: error });
  }
}

const reserved = sql.raw(
  `(values ${RESERVED_BLOCKS.map(({ family, first, last }) => `('${addressOf(family, first).text}'::inet, '${addressOf(family, last).text}'::inet)`).join(', ')}) b(first, last)`,
);

async function whyNot(tx: Tx, pool: Pool, address: IpAddress | null): Promise<CodedError> {
  if (address === null) {
    return new CodedError(
      'InsufficientCapacity',
      `Insufficient capacity: no free address is left in ip-pool "${pool.name}"`,
    );
  }
  const rows = await tx.execute<{ in_use: boolean }>(sql`
    select exists (select 1 from multicast_group where multicast_ip = ${address.text}::inet and time_deleted is null) as in_use
    from ip_pool_range
    where ip_pool_id = ${pool.id} and time_deleted is null and ${address.text}::inet between first_address and last_address`);
  if (rows[0]?.in_use === true) return invalid(`multicast_ip: ${address.text} is already in use by a multicast group`);
  const fault = groupAddressFault(address);
  return invalid(`multicast_ip: ${fault ?? `${address.text} is not in any range of ip-pool "${pool.name}"`}`);
}

/** The first salt whose address nobody has. What another transaction is just taking is waited for, not shared. */
async function mapToUnderlay(tx: Tx, external: string, { underlayId: id, tag, vni }: Identity): Promise<void> {
  for (let salt = 0; salt < LIMITS.underlaySalts; salt++) {
    const taken = await tx
      .insert(underlayMulticastGroup)
      .values({ id, multicastIp: underlayAddress(external, salt), salt, vni, tag })
      .onConflictDoNothing({ target: underlayMulticastGroup.multicastIp })
      .returning({ id: underlayMulticastGroup.id });
    if (taken.length > 0) return;
  }
  throw new CodedError('InsufficientCapacity', `Insufficient capacity: no underlay address is free for ${external}`);
}

const invalid = (message: string) => new CodedError('InvalidRequest', message);
