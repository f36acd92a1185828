/** A rack as an operator meets it: two switches of which one is away, groups with members in every state, drift, two pools. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { recordDrift } from '../../db/drift';
import { ipPool, ipPoolRange, rackSwitch } from '../../db/schema';
import { registerRack, type InternalApi, type Rack } from './internal-api';

export interface OperatorRack extends Rack {
  /** switch0 is in service, switch1 unreachable. */
  switches: [string, string];
  pools: { v4: string; v6: string };
  instance: string;
}

/** g0 has two joined, one joining, one left and one removed member; g1 and g2 have none. */
export async function operatorRack(api: InternalApi): Promise<OperatorRack> {
  const rack = await registerRack(api, 3);
  const { db } = api;
  const [g0, g1, g2] = rack.groups as [string, string, string];
  const switches: [string, string] = [randomUUID(), randomUUID()];
  const pools = { v4: randomUUID(), v6: randomUUID() };
  const instance = randomUUID();

  await db.insert(rackSwitch).values(
    switches.map((id, slot) => ({
      id,
      slot,
      dpdAddress: `http://127.0.0.1:${slot + 1}`,
      service: slot === 0 ? ('in_service' as const) : ('unreachable' as const),
      incarnation: 1,
      lastError: slot === 0 ? null : 'no answer',
    })),
  );
  await db.insert(ipPool).values([
    { id: pools.v4, name: 'asm', description: '', ipVersion: 'v4', poolType: 'multicast', mvlan: 7 },
    { id: pools.v6, name: 'wide', description: '', ipVersion: 'v6', poolType: 'multicast' },
  ]);
  await db.insert(ipPoolRange).values([
    { id: randomUUID(), ipPoolId: pools.v4, firstAddress: '224.1.2.0', lastAddress: '224.1.2.9' },
    { id: randomUUID(), ipPoolId: pools.v4, firstAddress: '224.9.0.0', lastAddress: '224.9.0.255' },
    { id: randomUUID(), ipPoolId: pools.v6, firstAddress: 'ff0e::', lastAddress: 'ff0e::ffff:ffff:ffff:ffff:ffff' },
  ]);
  await db.execute(sql`update multicast_group set ip_pool_id = ${pools.v4} where id in ${rack.groups}`);
  await db.execute(sql`
    update multicast_group set state = 'active', requested = 4, attempted = 3, served = 3, round = 9, outcome = 'served',
      config_generation = 2, time_converged = now() where id = ${g0}`);
  await db.execute(
    sql`update multicast_group set failures = 2, outcome = 'failed', reason = 'switch0: no' where id = ${g1}`,
  );
  // g2 was acknowledged by the switch that is away, so it lacks nothing there.
  await db.execute(sql`
    insert into switch_ack (switch_id, group_id, config_generation, round, incarnation, suspect, writes)
    values (${switches[1]}, ${g2}, 0, 1, 1, false, 2), (${switches[1]}, ${g0}, 1, 1, 1, false, 5), (${switches[0]}, ${g0}, 2, 9, 1, false, 6)`);

  const member = async (state: string, sled: string | null, parent = randomUUID(), removed = false) =>
    db.execute(sql`
      insert into multicast_group_member (id, external_group_id, parent_id, state, generation, sled_id, propolis_id, time_deleted)
      values (${randomUUID()}, ${g0}, ${parent}, ${state}::multicast_group_member_state, 1, ${sled},
        ${sled === null ? null : randomUUID()}, ${removed ? sql`now()` : null})`);
  await member('joined', rack.sleds[0]!, instance);
  await member('joined', rack.sleds[1]!);
  await member('joining', rack.sleds[1]!);
  await member('left', null);
  await member('left', null, randomUUID(), true);

  const found = (groupId: string, ip: string, kind: 'missing' | 'orphan', port: string | null) => ({
    groupId,
    ip,
    kind,
    port,
    detail: `${kind} ${port ?? 'group'}`,
  });
  await recordDrift(db, switches[0], [found(g0, '224.1.2.1', 'missing', 'rear0')]);
  await recordDrift(db, switches[0], [found(randomUUID(), '224.1.9.9', 'orphan', null)], 'reconcile/1');
  return { ...rack, switches, pools, instance };
}

/** Two events of one instance, accepted through the API; the second waits for a run. */
export async function postEvents(api: InternalApi, rack: Rack): Promise<{ instance: string; events: string[] }> {
  const instance = randomUUID();
  const events = [randomUUID(), randomUUID()];
  const bodies = [
    { kind: 'create', project_id: rack.project, name: `vm-${instance.slice(0, 8)}` },
    { kind: 'start', sled_id: rack.sleds[0], propolis_id: randomUUID() },
  ];
  for (const [at, body] of bodies.entries())
    await api.call('POST', `/instances/${instance}/events`, {
      body: { event_id: events[at], generation: at + 1, ...body },
    });
  await api.db.execute(sql`
    update instance_event set state = 'succeeded', time_finished = now() where event_id = ${events[0]!}`);
  return { instance, events };
}
