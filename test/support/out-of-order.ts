/** A rack in which every step of reconciliation has something to do, and a switch comes back. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { createDpdClient } from '../../dataplane/dpd/client';
import type { SwitchEdit } from '../../domain/switch-config';
import { tagOf } from '../../domain/switch-edits';
import { underlayAddress } from '../../domain/underlay';
import type { Injector } from './injector';
import { until, type TestRack } from './rack';
import { settle } from './invariants';
import { freshIp, newVm, runningVm } from './vm';

/** As somebody would by hand, past rackcast. */
export async function byHand(rack: TestRack, at: number, edits: SwitchEdit[]): Promise<void> {
  const client = createDpdClient({ address: rack.switches[at]!.address, timeoutMs: 5_000, connections: 1 });
  for (const edit of edits) await client.apply(edit);
  await client.close();
}

export const underlayGroup = (ip: string, tag: string, ports: string[]): SwitchEdit => ({
  op: 'createUnderlay',
  ip: underlayAddress(ip, 0),
  tag,
  members: ports.map((port) => ({ port, direction: 'Underlay' })),
});

export const externalGroup = (ip: string, tag: string): SwitchEdit => ({
  op: 'createExternal',
  external: {
    kind: 'external',
    ip,
    tag,
    nat: { underlayIp: underlayAddress(ip, 0), mac: '33:33:00:00:00:01', vni: 77 },
    vlan: null,
    sources: [],
  },
});

/** Accepted so long ago that nobody else will start it. */
export async function backdate(rack: TestRack, eventIds: string[]): Promise<void> {
  await rack.db.execute(sql`
    update instance_event set time_accepted = now() - interval '1 minute',
      time_claimed = case when time_claimed is not null then now() - interval '1 minute' end
    where event_id in ${eventIds}`);
}

/** Everything that reconciliation looks for, once. Returns the check that it was found. */
export async function disorder(rack: TestRack, injector: Injector): Promise<() => Promise<void>> {
  const [ip, untoldIp] = [freshIp(), freshIp()] as const;
  const group = await rack.group(`disorder-${randomUUID()}`, ip);
  const untoldGroup = await rack.group(`untold-${randomUUID()}`, untoldIp);
  const old = rack.sleds[3]!;
  old.state.apiVersion = 4;
  await rack.db.execute(sql`update sled set agent_api_version = null where id = ${old.id}`);
  const [misfit, lost] = [await runningVm(rack, [group], 0), newVm(rack, { start: false })];
  const onOld = await runningVm(rack, [group], 3);
  const asleep = await rack.group(`asleep-${randomUUID()}`, freshIp());
  await settle(rack);
  await until('the version is written down', async () => {
    const rows = await rack.db.execute(sql`select 1 from sled where id = ${old.id} and agent_api_version = 4`);
    return rows.length > 0;
  });
  old.state.apiVersion = 5;

  const untold = newVm(rack);
  await rack.settled([await untold.create([untoldGroup])]);
  const silence = injector.add({ activity: 'tellWaiters', how: 'before', terminal: true, about: [untoldGroup] });
  const start = await untold.start(1);
  await until('nobody was told', () => silence.injected > 0);

  const accepted = [await lost.create([group]), await lost.start(1)];
  await backdate(
    rack,
    accepted.map((ref) => ref.eventId),
  );
  await byHand(rack, 0, [
    { op: 'replaceMembers', ip: underlayAddress(ip, 0), tag: tagOf(group), members: [] },
    underlayGroup(freshIp(), tagOf(randomUUID()), ['rear1']),
  ]);
  await rack.db.execute(sql`
    update multicast_group_member set sled_id = null, propolis_id = null, state = 'left' where parent_id = ${misfit.id}`);
  await rack.db.execute(sql`
    update multicast_group set requested = requested + 1, time_requested = now() where id = ${asleep}`);
  await rack.restartSwitch(1);
  return async () => {
    await settle(rack);
    const states = await rack.settled([...accepted, start]);
    if (states.some((state) => state !== 'succeeded')) throw new Error(`events ended ${states.join(', ')}`);
    const flows = JSON.stringify(old.state.vmms.view());
    if (!flows.includes(onOld.place.propolis_id) || !flows.includes(`"group_ip":"${ip}"`))
      throw new Error('the upgraded agent was not told');
  };
}
