/**
 * Delivery, the point of it all: whoever sends, each packet to a group reaches exactly the joined members, once. Walked from
 * every source class: from outside by each front port, in the group's VLAN and in another; from a guest on each sled with a joined
 * member; from sources that the group takes and from one that it does not. A sled whose agent sets no filter counts by its port.
 */
import { sql } from 'drizzle-orm';
import type { Db } from '../../db/client';
import { parseUplink } from '../../domain/uplinks';
import { walk, type PacketInput, type WalkSwitch } from '../../simulators/walk/walk';
import { lostVmms } from './lost-vmms';
import { fetchDaemons, type Daemons, type Walkable } from './walk-rack';

export interface Delivered {
  packets: number;
  /** (packet, group, instance): for each instance of the rack it is decided whether it gets the packet. */
  triples: number;
  wrong: string[];
}

interface GroupRow extends Record<string, unknown> {
  id: string;
  ip: string;
  sources: string[];
  vlan: number | null;
  uplinks: string[] | null;
  joined: { vmm: string; sled: string }[] | null;
}

/** For a rack that has settled. */
export async function delivers(rack: Walkable & { db: Db }): Promise<Delivered> {
  const { db } = rack;
  const daemons = await fetchDaemons(rack);
  const groups = await db.execute<GroupRow>(sql`
    select g.id, host(g.multicast_ip) as ip, array(select host(s) from unnest(g.source_ips) s) as sources,
      p.mvlan as vlan, p.switch_port_uplinks as uplinks,
      (select jsonb_agg(jsonb_build_object('vmm', m.propolis_id, 'sled', m.sled_id)) from multicast_group_member m
        where m.external_group_id = g.id and m.time_deleted is null and m.state = 'joined') as joined
    from multicast_group g join ip_pool p on p.id = g.ip_pool_id where g.state = 'active'`);
  const [known] = await db.execute<{ instances: number; slots: Record<string, number> }>(sql`
    select (select count(*)::int from instance where time_deleted is null) as instances,
      (select jsonb_object_agg(id, slot) from switch) as slots`);
  const look: Look = { daemons, lost: await lostVmms(db), slots: known?.slots ?? {} };
  const done: Delivered = { packets: 0, triples: 0, wrong: [] };
  for (const group of groups) {
    for (const sent of packetsTo(group, daemons)) {
      done.packets += 1;
      done.triples += known?.instances ?? 0;
      done.wrong.push(...faultsOf(sent, group, look));
    }
  }
  return done;
}

interface Look {
  daemons: Daemons;
  lost: ReadonlySet<string>;
  slots: Record<string, number>;
}

interface Sent {
  what: string;
  packet: PacketInput;
  /** Null: a guest sends. */
  switch: WalkSwitch | null;
  sender: string | null;
  /** Whether the group takes packets from this source, and in this VLAN. */
  source: boolean;
  vlan: boolean;
}

function* packetsTo(group: GroupRow, { switches, sleds }: Daemons): Generator<Sent> {
  const wide = group.ip.includes(':');
  const anyone = wide ? '2001:db8:ffff::77' : '198.51.100.77';
  const sources = [
    ...(group.sources.length === 0 ? [wide ? '2001:db8::10' : '192.0.2.10'] : group.sources),
    anyone,
  ].map((source) => ({ source, taken: group.sources.length === 0 || source !== anyone }));
  const otherVlan = group.vlan === null ? 4000 : null;
  for (const { source, taken } of sources) {
    for (const at of switches) {
      for (const port of frontPorts(at)) {
        for (const vlan of [group.vlan, otherVlan]) {
          const packet = { source, destination: group.ip, vlan, ingress: { switch: at.id, port } };
          const what = `${source} at ${port} in VLAN ${vlan ?? 'none'}`;
          // An old daemon does not look at the VLAN.
          const admitted = vlan === group.vlan || at.apiLevel === 1;
          yield { what, packet, switch: at, sender: null, source: taken, vlan: admitted };
        }
      }
    }
    for (const sled of sleds) {
      const vmm = group.joined?.find((member) => member.sled === sled.id)?.vmm;
      if (vmm === undefined || !sled.vmms.some((each) => each.propolis_id === vmm)) continue;
      const packet = { source, destination: group.ip, ingress: { vmm } };
      yield {
        what: `${source} from a guest on ${sled.port}`,
        packet,
        switch: null,
        sender: vmm,
        source: taken,
        vlan: true,
      };
    }
  }
}

const FRONT = Array.from({ length: 32 }, (_, index) => `qsfp${index}`);
const frontPorts = (at: WalkSwitch) => FRONT.filter((port) => at.isUp(`${port}/0`));

function faultsOf(sent: Sent, group: GroupRow, { daemons, lost, slots }: Look): string[] {
  const { unsent, paths } = walk(sent.packet, daemons.switches, daemons.sleds);
  const where = `${group.ip}, ${sent.what}`;
  if (unsent !== null) return [`${where}: not sent, ${unsent}`];
  const old = new Set(daemons.sleds.filter((sled) => !sled.hasFilter).map((sled) => sled.id));
  const joined = group.joined ?? [];
  const own = daemons.sleds.find((sled) => sled.vmms.some((vmm) => vmm.propolis_id === sent.sender))?.id;
  return paths.flatMap((path) => {
    const at = daemons.switches.find(({ id }) => id === path.switch)!;
    const accepted = sent.source && sent.vlan;
    const expected = accepted
      ? joined.filter(({ sled, vmm }) => !old.has(sled) && vmm !== sent.sender).map(({ vmm }) => vmm)
      : [];
    // Where an old daemon filters no sources, the sleds do; one that does not either gets the packet.
    const passes = sent.vlan && (sent.source || (at.apiLevel === 1 && !/^(232\.|ff3)/.test(group.ip)));
    const ports = passes ? joined.filter(({ sled }) => old.has(sled) && sled !== own).map(({ sled }) => sled) : [];
    const uplinks = passes ? uplinksOf(group, at, slots[at.id], sent.packet) : [];
    return [
      ...differ(
        `${where} through ${at.id}: guests`,
        path.receivers.filter((vmm) => !lost.has(vmm)),
        expected,
      ),
      ...differ(`${where} through ${at.id}: sleds without a filter`, path.unfiltered, [...new Set(ports)]),
      ...differ(`${where} through ${at.id}: uplinks`, path.uplinks, uplinks),
      ...differ(`${where} through ${at.id}: more than once`, path.repeated, []),
    ];
  });
}

/** Those of the group's pool that are on this switch, but for the port that the packet came in by. */
function uplinksOf(
  { uplinks }: GroupRow,
  at: WalkSwitch,
  slot: number | undefined,
  { ingress }: PacketInput,
): string[] {
  return (uplinks ?? [])
    .map(parseUplink)
    .filter((uplink) => uplink?.slot === slot)
    .map((uplink) => `qsfp${uplink?.port}/0`)
    .filter((port) => at.isUp(port) && !('port' in ingress && `${ingress.port}/0` === port));
}

function differ(what: string, found: string[], expected: string[]): string[] {
  const [is, should] = [found.toSorted().join(' '), expected.toSorted().join(' ')];
  return is === should ? [] : [`${what}: ${is || 'none'}, not ${should || 'none'}`];
}
