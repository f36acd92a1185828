/** A group as the API makes it, straight in the database: for tests that are not about the API. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { underlayAddress } from '../../domain/underlay';
import { tagOf } from '../../domain/switch-edits';
import type { Db } from '../../db/client';
import { ipPool, ipPoolRange, multicastGroup, underlayMulticastGroup } from '../../db/schema';
import { requestGroups } from '../../db/requests';

export interface GroupSpec {
  name: string;
  ip: string;
  projectId: string;
  sources?: string[];
  uplinks?: string[];
  mvlan?: number;
  vni?: number;
  /** Where another group has the address that salt 0 gives. */
  salt?: number;
}

export async function createGroup(db: Db, spec: GroupSpec): Promise<string> {
  const id = randomUUID();
  const underlayId = randomUUID();
  const poolId = randomUUID();
  const { vni = 77, salt = 0 } = spec;
  await db.transaction(async (tx) => {
    await tx.insert(ipPool).values({
      id: poolId,
      name: `pool-${poolId}`,
      description: '',
      ipVersion: spec.ip.includes(':') ? 'v6' : 'v4',
      poolType: 'multicast',
      switchPortUplinks: spec.uplinks ?? null,
      mvlan: spec.mvlan ?? null,
    });
    await tx
      .insert(ipPoolRange)
      .values({ id: randomUUID(), ipPoolId: poolId, firstAddress: spec.ip, lastAddress: spec.ip });
    await tx
      .insert(underlayMulticastGroup)
      .values({ id: underlayId, multicastIp: underlayAddress(spec.ip, salt), salt, vni, tag: tagOf(id) });
    await tx.insert(multicastGroup).values({
      id,
      name: spec.name,
      description: '',
      projectId: spec.projectId,
      vni,
      ipPoolId: poolId,
      ipPoolRangeId: poolId,
      multicastIp: spec.ip,
      sourceIps: spec.sources ?? [],
      underlayGroupId: underlayId,
      tag: tagOf(id),
    });
    await requestGroups(tx, [id]);
  });
  return id;
}

export async function deleteGroup(db: Db, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [request] = await requestGroups(tx, [id]);
    await tx.execute(sql`update multicast_group set state = 'deleting' where id = ${id}`);
    await tx.execute(sql`
      update multicast_group_member set time_deleted = now(), generation = ${request?.request ?? 0},
        sled_id = null, propolis_id = null, target_sled_id = null, target_propolis_id = null
      where external_group_id = ${id} and time_deleted is null`);
  });
}
