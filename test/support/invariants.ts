/**
 * What must be true of a rack once everything has settled, whatever happened before: the switches hold what was acknowledged, that
 * is what is desired, nothing of ours is left without a row, nobody is shown as Joined who is not, every event has an outcome,
 * no counter went back, and every packet reaches exactly the joined members. Read from the daemons themselves, and worked out from the rows anew.
 */
import { sql } from 'drizzle-orm';
import { loadFacts, lockGroup } from '../../db/load-round';
import { planRound } from '../../domain/plan-round';
import type { SwitchConfig, SwitchObject } from '../../domain/switch-config';
import { groupOfTag, observedOf, sameObject } from '../../domain/switch-edits';
import { delivers } from './delivery';
import { holdings } from './holdings';
import { lostVmms } from './lost-vmms';
import type { TestRack } from './rack';

/** What is looked at: a rack in this process, or a whole stack as it shows itself. */
export interface Inspected extends Pick<TestRack, 'db' | 'run' | 'ports'> {
  switches: readonly { id: string; address: string }[];
  sleds: readonly {
    id: string;
    port: string;
    state: Pick<TestRack['sleds'][number]['state'], 'apiVersion'> & {
      vmms: Pick<TestRack['sleds'][number]['state']['vmms'], 'view'>;
    };
  }[];
}

/** Reconciles until nothing is owed and nothing is under way; fails with what is. */
export async function settle(rack: Inspected, ms = 50_000): Promise<void> {
  const end = Date.now() + ms;
  for (let busy = await unsettled(rack); busy.length > 0; busy = await unsettled(rack)) {
    if (Date.now() > end) throw new Error(`it does not settle:\n${busy.join('\n')}`);
    await rack.run('switchHealth');
    await rack.run('reconcile');
  }
}

async function unsettled({ db }: Inspected): Promise<string[]> {
  const rows = await db.execute<{ what: string }>(sql`
    select 'group ' || name || ': requested ' || requested || ', attempted ' || attempted || ', ' || coalesce(outcome, '')
        || ' ' || coalesce(reason, '') as what from multicast_group where requested > attempted or time_retry is not null
    union all select 'event ' || e.kind || ' ' || e.event_id || ' is ' || e.state || ', taken by ' || coalesce(e.claimed_by, 'nobody')
        || coalesce(', waits: ' || (select string_agg(coalesce(w.outcome, 'open') || case when w.told then ' told' else '' end, ', ')
          from group_waiter w where w.event_id = e.event_id), '')
      from instance_event e where e.time_finished is null
    union all select 'an outcome of ' || event_id || ' is still to be told' from group_waiter where outcome is not null
    union all select 'switch' || slot || ' is ' || service || ': ' || coalesce(last_error, '') from switch where service <> 'in_service'
    union all select 'a tombstone in ' || external_group_id from multicast_group_member where time_deleted is not null
    union all select 'the flow of ' || propolis_id || ' is ' || f.state from member_flow f
      where state <> 'joined' or not exists (select 1 from multicast_group g where g.id = f.group_id)
    union all select 'not believed: ' || group_id || coalesce(last_error, '') from switch_ack where suspect`);
  return [...rows].map((row) => row.what);
}

/** Settles, then lists everything that is wrong; a test expects `[]`. */
export async function faultsOf(rack: Inspected): Promise<string[]> {
  await settle(rack);
  const faults = [
    ...(await groupFaults(rack)),
    ...(await memberFaults(rack)),
    ...(await rowFaults(rack)),
    ...(await countersThatWentBack(rack)),
    ...(await delivers(rack)).wrong,
  ];
  return faults.toSorted();
}

export async function expectInvariants(rack: Inspected): Promise<void> {
  expect(await faultsOf(rack)).toEqual([]);
}

interface Ack extends Record<string, unknown> {
  group_id: string;
  switch_id: string;
  config: SwitchConfig | null;
  config_generation: number;
  wanted_generation: number;
}

/** Switches = acknowledged = desired, no object of ours without a row, no port that nobody needs. */
async function groupFaults(rack: Inspected): Promise<string[]> {
  const faults: string[] = [];
  const groups = await rack.db.execute<{ id: string; ip: string }>(
    sql`select id, host(multicast_ip) as ip from multicast_group`,
  );
  const needed = new Map<string, Set<string>>();
  for (const { id, ip } of groups) {
    await rack.db.transaction(async (tx) => {
      const columns = await lockGroup(tx, id);
      if (columns === null) return;
      const facts = await loadFacts(tx, columns);
      const plan = planRound(facts);
      for (const task of plan.switches) faults.push(`${ip}: ${task.name} still owes ${task.change}`);
      for (const flow of [...plan.join, ...plan.leave, ...plan.leaveAfterJoin])
        faults.push(`${ip}: flow of ${flow.propolisId} is not settled`);
      const places = facts.members.flatMap((member) => [member.location, member.target]);
      needed.set(id, new Set(places.map((place) => facts.ports.get(place?.sledId ?? '') ?? '')));
    });
  }
  const acks = await rack.db.execute<Ack>(sql`
    select a.group_id, a.switch_id, a.config, a.config_generation, g.config_generation as wanted_generation
    from switch_ack a join multicast_group g on g.id = a.group_id`);
  for (const facing of rack.switches) {
    const held = await holdings(facing.address);
    for (const ack of [...acks].filter((row) => row.switch_id === facing.id)) {
      if (ack.config_generation !== ack.wanted_generation)
        faults.push(`generation ${ack.config_generation} acknowledged of ${ack.wanted_generation}: ${ack.group_id}`);
      for (const expected of Object.values(observedOf(ack.config)) as (SwitchObject | null)[]) {
        if (expected === null) continue;
        const actual = held.get(expected.ip);
        if (actual === undefined || !sameObject(actual, expected))
          faults.push(`${facing.address} ${expected.ip}: acknowledged, but not so: ${JSON.stringify(actual)}`);
      }
    }
    for (const object of held.values()) {
      const groupId = groupOfTag(object.tag);
      if (groupId === null) continue;
      const ports = needed.get(groupId);
      if (ports === undefined) faults.push(`${facing.address} ${object.ip}: no row stands behind ${object.tag}`);
      else if (object.kind === 'underlay')
        for (const { port, direction } of object.members)
          if (direction === 'Underlay' && !ports.has(port))
            faults.push(`${facing.address} ${object.ip}: nobody needs ${port}`);
    }
  }
  return faults;
}

/** No Joined member without its port on every switch and its flow on the sled; no flow that nobody wants. */
async function memberFaults(rack: Inspected): Promise<string[]> {
  const faults: string[] = [];
  const rows = await rack.db.execute<{
    ip: string;
    state: string;
    instance: string;
    sled_id: string | null;
    propolis_id: string | null;
    target: string | null;
    misplaced: boolean;
  }>(sql`
    select host(g.multicast_ip) as ip, m.state::text as state, m.parent_id as instance, m.sled_id, m.propolis_id,
      m.target_propolis_id as target, (m.sled_id, m.propolis_id, m.target_propolis_id)
        is distinct from (i.sled_id, i.propolis_id, i.target_propolis_id) as misplaced
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id left join instance i on i.id = m.parent_id
    where m.time_deleted is null`);
  const flows = new Set(rack.sleds.flatMap((each) => flowsOn(each, 'joined')));
  const wanted = new Set<string>();
  for (const row of rows) {
    if (row.misplaced) faults.push(`${row.instance} in ${row.ip}: not where its instance is`);
    if (row.target !== null) faults.push(`${row.instance} in ${row.ip}: still migrating`);
    if (row.state === 'left' && row.sled_id !== null) faults.push(`${row.instance} in ${row.ip}: Left while it runs`);
    if (row.propolis_id !== null) wanted.add(`${row.propolis_id} ${row.ip}`);
    if (row.state !== 'joined') continue;
    const facing = rack.sleds.find((each) => each.id === row.sled_id);
    if (facing === undefined) {
      faults.push(`${row.instance} in ${row.ip}: Joined on no sled`);
      continue;
    }
    for (const at of rack.switches.keys())
      if (rack.ports(at, row.ip)?.includes(facing.port) !== true)
        faults.push(`${row.instance} in ${row.ip}: Joined without ${facing.port} on switch${at}`);
    if (facing.state.apiVersion === 5 && !flows.has(`${row.propolis_id} ${row.ip}`))
      faults.push(`${row.instance} in ${row.ip}: Joined without a flow`);
  }
  const lost = await lostVmms(rack.db);
  for (const flow of new Set([...flows, ...rack.sleds.flatMap((each) => flowsOn(each, 'prepared'))]))
    if (!wanted.has(flow) && !lost.has(flow.split(' ')[0] ?? '')) faults.push(`flow ${flow}: nobody wants it`);
  return faults;
}

/** `prepared`: what a registration brought along, which nobody has joined yet. */
function flowsOn(facing: Inspected['sleds'][number], how: 'joined' | 'prepared'): string[] {
  return facing.state.vmms
    .view()
    .flatMap((vmm) => vmm.nics.flatMap((nic) => nic[how].map((group) => `${vmm.propolis_id} ${group.group_ip}`)));
}

/** No event without an outcome, nothing left waiting, nobody's rows in between. */
async function rowFaults({ db }: Inspected): Promise<string[]> {
  const rows = await db.execute<{ fault: string }>(sql`
    select 'event ' || kind || ' without an outcome' as fault from instance_event
      where time_finished is null or state in ('pending', 'running')
    union all select 'event ' || kind || ' over, but not applied' from instance_event where state <> 'stale' and time_applied is null
    union all select 'a wait that nobody answers: ' || event_id from group_waiter
    union all select 'flow in between: ' || state from member_flow where state <> 'joined'
    union all select 'no member behind the flow of ' || f.propolis_id from member_flow f where not exists
      (select 1 from multicast_group_member m where m.external_group_id = f.group_id and m.propolis_id = f.propolis_id and m.time_deleted is null)
    union all select 'group ' || name || ' is ' || state from multicast_group where state <> 'active'`);
  return [...rows].map((row) => row.fault);
}

const seen = new WeakMap<Inspected, Map<string, number>>();

async function countersThatWentBack(rack: Inspected): Promise<string[]> {
  const rows = await rack.db.execute<{ key: string; value: number }>(sql`
    select 'round of ' || id as key, round as value from multicast_group
    union all select 'configuration of ' || id, config_generation from multicast_group
    union all select 'served of ' || id, served from multicast_group
    union all select 'applied of ' || id, applied from instance
    union all select 'generation of ' || id, generation from instance`);
  const before = seen.get(rack) ?? new Map<string, number>();
  const back = [...rows].filter((row) => row.value < (before.get(row.key) ?? 0)).map((row) => `${row.key} went back`);
  seen.set(rack, new Map([...before, ...[...rows].map((row): [string, number] => [row.key, row.value])]));
  return back;
}
