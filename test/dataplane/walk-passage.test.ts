/** What one switch makes of a packet: every stage that may drop it, and the form of every copy. */
import { geneve, plain, Packet, type PacketInput, type ReplicationTag } from '../../simulators/walk/packet';
import { pass, type Passage } from '../../simulators/walk/passage';
import { parseIp } from '../../simulators/switch/addresses';
import type { WalkSwitch } from '../../simulators/walk/read-switch';
import { inside, outside, switchWith } from './walk-rack';

const GROUPS = [
  { ip: '239.1.1.1', underlay: 'ff04::1', members: [...outside('qsfp0'), ...inside('rear1', 'rear3')] },
  { ip: '239.1.1.7', underlay: 'ff04::7', members: [...outside('qsfp1'), ...inside('rear2')], vlan: 7 },
  { ip: '232.1.1.1', underlay: 'ff04::2', members: inside('rear2'), sources: ['10.0.0.1', '10.0.0.2'] },
  { ip: '239.1.1.3', underlay: 'ff04::3' },
  { ip: '239.1.1.5', underlay: 'ff04::5', members: [...outside('qsfp0'), ...inside('rear0', 'rear20')] },
  { ip: 'ff0e::1', underlay: 'ff04::6', members: inside('rear4') },
  { ip: '232.1.1.6', underlay: 'ff04::66', members: inside('rear2'), sources: ['fd00::1'] },
];

let at: WalkSwitch;
beforeAll(async () => {
  at = await switchWith('switch0', GROUPS);
});

type Described = Omit<Partial<PacketInput>, 'ingress'>;
const packet = (more: Described) =>
  Packet.parse({ source: '10.0.0.1', destination: '239.1.1.1', ingress: { switch: '', port: 'qsfp0' }, ...more });

/** `rear1 geneve ttl 254`, or the reason of the drop. */
function outcome({ dropped, copies }: Passage): string[] | string {
  if (dropped !== null) return dropped;
  return copies.map(({ port, form, ttl, vlan, dropped: lost }) =>
    [
      port.replace('/0', ''),
      form,
      `ttl ${ttl}`,
      ...(vlan === null ? [] : [`vlan ${vlan}`]),
      ...(lost ? [lost] : []),
    ].join(' '),
  );
}

const front = (more: Described, port = 'qsfp3') => pass(plain(packet(more)), port, at);
const fromSled = (tag: ReplicationTag, more: Described = {}, outer = 'ff04::1', port = 'rear6') =>
  pass(geneve(packet(more), parseIp(outer)!, tag), port, at);

describe('a plain packet from outside', () => {
  const encapsulated = ['qsfp0 geneve ttl 254', 'rear1 geneve ttl 254', 'rear3 geneve ttl 254'];

  test.each<[string, Described, string[] | string]>([
    ['UDP', {}, encapsulated],
    ['TCP', { protocol: 'tcp' }, encapsulated],
    ['ICMP', { protocol: 'ICMP' }, encapsulated],
    ['IGMP is not encapsulated even on a hit', { protocol: 'igmp' }, 'nat_ingress_miss'],
    ['SCTP', { protocol: 'sctp' }, 'drop_sctp'],
    ['unknown group', { destination: '239.9.9.9' }, 'nat_ingress_miss'],
    ['a VLAN where the group has none', { vlan: 7 }, 'nat_ingress_miss'],
    ['no VLAN where the group has one', { destination: '239.1.1.7' }, 'nat_ingress_miss'],
    ['another VLAN', { destination: '239.1.1.7', vlan: 8 }, 'nat_ingress_miss'],
    [
      'the VLAN of the group: copies carry none',
      { destination: '239.1.1.7', vlan: 7 },
      ['qsfp1 geneve ttl 254', 'rear2 geneve ttl 254'],
    ],
    ['TTL 2', { ttl: 2 }, encapsulated],
    ['TTL 1', { ttl: 1 }, 'ipv4_ttl_invalid'],
    ['TTL 0', { ttl: 0 }, 'ipv4_ttl_invalid'],
    ['its own MAC', { mac: '01:00:5E:01:01:01' }, encapsulated],
    ['another MAC', { mac: '01:00:5e:01:01:02' }, 'multicast_invalid_mac'],
    ['a source that is listed', { destination: '232.1.1.1', source: '10.0.0.2' }, ['rear2 geneve ttl 254']],
    ['a source that is not', { destination: '232.1.1.1', source: '10.0.0.3' }, 'multicast_src_filtered'],
    ['sources of the other family let nothing in', { destination: '232.1.1.6' }, 'multicast_src_filtered'],
    ['an empty group', { destination: '239.1.1.3' }, 'multicast_no_group'],
    ['IPv6', { source: 'fd00::1', destination: 'ff0e::1' }, ['rear4 geneve ttl 254']],
    ['IPv6, hop limit 1', { source: 'fd00::1', destination: 'ff0e::1', ttl: 1 }, 'ipv6_ttl_invalid'],
    ['interface-local', { source: 'fd00::1', destination: 'ff01::1' }, 'multicast_to_local_interface'],
    ['link-local', { source: 'fd00::1', destination: 'ff02::1', ttl: 1 }, 'multicast_link_local'],
  ])('%s', (_name, more, expected) => {
    expect(outcome(front(more))).toEqual(expected);
  });

  test('from a port of the group: no copy goes back', () => {
    expect(outcome(front({}, 'qsfp0'))[0]).toBe('qsfp0 geneve ttl 254 multicast_path_filtered');
    expect(outcome(front({}, 'rear3/0'))[2]).toBe('rear3 geneve ttl 254 multicast_path_filtered');
  });

  test('on a port that is no uplink a miss has another reason', () => {
    expect(outcome(front({ destination: '239.9.9.9' }, 'rear6'))).toBe('multicast_no_group');
  });

  test('a copy to a port without a link is lost', () => {
    expect(outcome(front({ destination: '239.1.1.5' }))).toContain('rear20 geneve ttl 254 link_down');
  });

  test('the lookups explain the outcome', () => {
    expect(front({ vlan: 7 }).lookups).toEqual([{ table: 'natV4', key: '239.1.1.1 7', entry: null }]);
    expect(front({}).lookups).toMatchObject([
      { table: 'natV4', key: '239.1.1.1 untagged', entry: { target: { text: 'ff04::1' } } },
      { table: 'sourceV4', key: '10.0.0.1 239.1.1.1', entry: '0.0.0.0/0' },
      { table: 'replication', key: 'ff04::1' },
      { table: 'routeV6', key: 'ff04::1', entry: { vlan: null } },
    ]);
  });
});

describe('a packet from a sled', () => {
  const underlay = ['rear1 geneve ttl 254', 'rear3 geneve ttl 254'];

  test.each<[string, ReplicationTag, Described, string | undefined, string[] | string]>([
    ['tag 0: External only, bare', 0, {}, undefined, ['qsfp0 decapsulated ttl 63']],
    ['tag 0: VLAN of the route', 0, { destination: '239.1.1.7' }, 'ff04::7', ['qsfp1 decapsulated ttl 63 vlan 7']],
    ['tag 0: its own TTL counts', 0, { ttl: 1 }, undefined, 'ipv4_ttl_exceeded'],
    ['tag 0: no ports, no ICMP', 0, { protocol: 'igmp' }, undefined, 'nat_header_error'],
    ['tag 1: Underlay only', 1, {}, undefined, underlay],
    ['tag 1: the inner TTL is not looked at', 1, { ttl: 1, protocol: 'igmp' }, undefined, underlay],
    ['tag 2: both', 2, {}, undefined, ['qsfp0 decapsulated ttl 63', ...underlay]],
    [
      'tag 2: External copies with the VLAN of the mask',
      2,
      { destination: '239.1.1.7' },
      'ff04::7',
      ['qsfp1 decapsulated ttl 63 vlan 7', 'rear2 geneve ttl 254'],
    ],
    ['no tag: nothing is bare', null, {}, undefined, ['qsfp0 geneve ttl 254', ...underlay]],
    [
      'a source that is not listed',
      2,
      { destination: '232.1.1.1', source: '10.9.9.9' },
      'ff04::2',
      'multicast_src_filtered',
    ],
    ['a group without external group', 2, { destination: '239.9.9.9' }, undefined, 'multicast_src_filtered'],
    ['an unknown underlay group', 2, {}, 'ff04::99', 'multicast_no_group'],
    ['an empty underlay group', 1, { destination: '239.1.1.3' }, 'ff04::3', 'multicast_no_group'],
  ])('%s', (_name, tag, more, outer, expected) => {
    expect(outcome(fromSled(tag, more, outer))).toEqual(expected);
  });

  test('a sled does not get its own packet back', () => {
    expect(outcome(fromSled(1, {}, 'ff04::1', 'rear1'))[0]).toBe('rear1 geneve ttl 254 multicast_path_filtered');
  });

  test('a rear port of the same number as a front port is decapsulated with it, by tag 2 alone', () => {
    const [port, collided] = outcome(fromSled(2, { destination: '239.1.1.5' }, 'ff04::5'));
    expect([port, collided]).toEqual(['qsfp0 decapsulated ttl 63', 'rear0 decapsulated ttl 63']);
    expect(outcome(fromSled(1, { destination: '239.1.1.5' }, 'ff04::5'))[0]).toBe('rear0 geneve ttl 254');
  });

  test('the mask is looked up for tag 2 alone', () => {
    const tables = (tag: ReplicationTag) => fromSled(tag).lookups.map(({ table }) => table);
    expect(tables(2)).toEqual(['sourceV4', 'replication', 'routeV6', 'decap']);
    expect(tables(1)).toEqual(['sourceV4', 'replication', 'routeV6']);
    expect(tables(0)).toEqual(['sourceV4', 'replication', 'routeV4']);
  });
});

describe('a switch of API 1', () => {
  let old: WalkSwitch;
  beforeAll(async () => {
    const groups = [{ ip: '224.2.2.7', underlay: 'ff05::7', members: inside('rear2'), vlan: 7 }];
    old = await switchWith('old', groups, { apiLevel: 1 });
  });

  test('has no VLAN in its NAT key', () => {
    for (const vlan of [7, 8, null]) {
      const passage = pass(plain(packet({ destination: '224.2.2.7', vlan })), 'qsfp0', old);
      expect(outcome(passage)).toEqual(['rear2 geneve ttl 254']);
    }
  });

  test('filters the sources of source-specific groups only', () => {
    const frame = (destination: string) => geneve(packet({ destination }), parseIp('ff05::7')!, 1);
    expect(outcome(pass(frame('239.9.9.9'), 'rear0', old))).toEqual(['rear2 geneve ttl 254']);
    expect(outcome(pass(frame('232.9.9.9'), 'rear0', old))).toBe('multicast_src_filtered');
  });
});
