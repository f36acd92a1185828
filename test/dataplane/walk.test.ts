/** Through switches, sleds and filters to the guests: who gets a packet, from outside and from another guest. */
import {
  readSled,
  readSwitch,
  walk,
  type PacketInput,
  type WalkSled,
  type WalkSwitch,
} from '../../simulators/walk/walk';
import { inside, outside, sledWith, switchWith } from './walk-rack';

const VIDEO = {
  ip: '239.1.1.1',
  underlay: 'ff04::1',
  members: [...outside('qsfp7'), ...inside('rear1', 'rear2', 'rear3')],
};
const STOCKS = {
  ip: '232.1.1.1',
  underlay: 'ff04::2',
  members: inside('rear1', 'rear2'),
  sources: ['10.0.0.1', '10.0.0.2'],
};

/** Sled 3 speaks version 4; everything else of the rack is up to date. */
let switches: WalkSwitch[];
let sleds: WalkSled[];
const LINKS = ['rear1', 'rear2', 'rear3', 'rear4', 'qsfp0', 'qsfp7'];
beforeAll(async () => {
  switches = await Promise.all(['s0', 's1'].map((id) => switchWith(id, [VIDEO, STOCKS], { links: LINKS })));
  sleds = [
    sledWith('one', 'rear1', { a: ['239.1.1.1'], b: ['232.1.1.1 10.0.0.1', '239.1.1.1'], idle: ['239.5.5.5'] }),
    sledWith('two', 'rear2', { c: ['232.1.1.1 10.0.0.2', '232.1.1.1 10.0.0.1'], d: ['239.1.1.1'] }),
    sledWith('three', 'rear3', {}, 4),
    sledWith('four', 'rear4', { e: ['239.1.1.1'] }),
  ];
});

const from = (ingress: PacketInput['ingress'], more: Partial<PacketInput> = {}): PacketInput => ({
  source: '10.0.0.1',
  destination: VIDEO.ip,
  ingress,
  ...more,
});
const front = { switch: 's0', port: 'qsfp0' };

test('from outside: through the switch it enters, to every joined guest behind a port of the group', () => {
  const { receivers, sometimes, paths, unsent } = walk(from(front), switches, sleds);
  expect([unsent, receivers, sometimes]).toEqual([null, ['a', 'b', 'd'], []]);
  expect(paths).toMatchObject([{ switch: 's0', dropped: null, repeated: [], uplinks: ['qsfp7/0'] }]);
  // Joined, but the switch has no port for its sled.
  expect(receivers).not.toContain('e');
});

test('a sled whose agent has no filter is reached, and nobody there is named', () => {
  const [path] = walk(from(front), switches, sleds).paths;
  expect(path!.unfiltered).toEqual(['three']);
  expect(path!.sleds.find(({ sled }) => sled === 'three')).toMatchObject({ filtered: false, nics: [], port: 'rear3' });
});

test.each([
  ['10.0.0.1', ['b', 'c'], null],
  ['10.0.0.2', ['c'], null],
  ['10.0.0.3', [], 'multicast_src_filtered'],
])('source %s: the switch filters first, then each guest', (source, receivers, dropped) => {
  const result = walk(from(front, { source, destination: STOCKS.ip }), switches, sleds);
  expect([result.receivers, result.paths[0]!.dropped]).toEqual([receivers, dropped]);
});

test('from a guest: by either switch, to its neighbours by its own sled, not to itself', () => {
  const { receivers, sometimes, paths } = walk(from({ vmm: 'a' }), switches, sleds);
  expect([receivers, sometimes]).toEqual([['b', 'd'], []]);
  expect(paths.map((path) => path.switch)).toEqual(['s0', 's1']);
  const own = paths[0]!.copies.find(({ port }) => port === 'rear1/0');
  expect(own).toMatchObject({ form: 'geneve', dropped: 'multicast_path_filtered' });
  expect(paths[0]!.copies.map(({ form }) => form)).toEqual(['decapsulated', 'geneve', 'geneve', 'geneve']);
});

test.each([
  [0, ['b'], ['qsfp7/0']],
  [1, ['b', 'd'], []],
  [2, ['b', 'd'], ['qsfp7/0']],
  [null, ['b', 'd'], ['qsfp7/0']],
] as const)('replication %s of a guest', (replication, receivers, uplinks) => {
  const result = walk(from({ vmm: 'a', replication }), switches, sleds);
  expect([result.receivers, result.paths[1]!.uplinks]).toEqual([receivers, uplinks]);
});

test('switches that do not agree: who gets it on one of them only is told apart', async () => {
  const behind = await switchWith('s1', [{ ...VIDEO, members: inside('rear1') }]);
  const { receivers, sometimes } = walk(from({ vmm: 'e' }), [switches[0]!, behind], sleds);
  expect([receivers, sometimes]).toEqual([['a', 'b'], ['d']]);
  const empty = walk(from({ vmm: 'e' }), [switches[0]!, await switchWith('s1', [])], sleds);
  expect([empty.receivers, empty.sometimes, empty.paths[1]!.dropped]).toEqual([
    [],
    ['a', 'b', 'd'],
    'multicast_src_filtered',
  ]);
});

test('an instance sends from its running VMM', () => {
  const vmm = (id: string, state: string) => ({ propolis_id: id, instance_id: 'db', state, nics: [] });
  const dump = (id: string, state: string) => ({ api_version: 5, vmms: [vmm(id, state)] });
  const migrating = [readSled('x', 'rear1', dump('old', 'migrating')), readSled('y', 'rear2', dump('new', 'running'))];
  const [path] = walk(from({ instance: 'db' }), switches, migrating).paths;
  expect(path!.copies.find(({ dropped }) => dropped === 'multicast_path_filtered')?.port).toBe('rear2/0');
});

test('a sled takes no bare copy: a port that shares its bit with an uplink of the group', async () => {
  const members = [...outside('qsfp2'), ...inside('rear2', 'rear3')];
  const collided = await switchWith('s0', [{ ...VIDEO, members }]);
  const { receivers, paths } = walk(from({ vmm: 'e' }), [collided], sleds);
  expect(receivers).toEqual([]);
  expect(paths[0]!.sleds.find(({ sled }) => sled === 'two')).toMatchObject({ refused: 'not_encapsulated', nics: [] });
  expect(walk(from({ switch: 's0', port: 'qsfp0' }), [collided], sleds).receivers).toEqual(['d']);
});

test('a port that is in the group as both kinds gets two copies, and its guests are named once and as repeated', async () => {
  const twice = await switchWith('s0', [{ ...VIDEO, members: [...inside('rear2'), ...outside('rear2')] }]);
  const { receivers, paths } = walk(from(front), [twice], sleds);
  expect([receivers, paths[0]!.repeated]).toEqual([['d'], ['d']]);
});

test('a guest with two NICs that accept is one receiver', () => {
  const joined = [{ group_ip: VIDEO.ip, sources: [] }];
  const nics = ['n1', 'n2'].map((id) => ({ id, joined }));
  const vmms = [{ propolis_id: 'v', instance_id: null, state: 'running', nics }];
  const sled = readSled('x', 'rear2', { api_version: 5, vmms });
  const { receivers, paths } = walk(from(front), switches, [sled]);
  expect([receivers, paths[0]!.repeated, paths[0]!.sleds[0]!.nics.length]).toEqual([['v'], [], 2]);
});

test('what cannot be sent, and what cannot be', () => {
  expect(walk(from({ vmm: 'nobody' }), switches, sleds).unsent).toBe('no sled has the sender');
  expect(walk(from({ vmm: 'a' }, { destination: '239.5.5.5' }), switches, sleds)).toEqual({
    unsent: 'no switch has a group 239.5.5.5',
    paths: [],
    receivers: [],
    sometimes: [],
  });
  expect(() => walk(from({ switch: 's9', port: 'qsfp0' }), switches, sleds)).toThrow('no switch s9');
  expect(() => walk(from(front, { source: 'fd00::1' }), switches, sleds)).toThrow('different families');
  expect(() => walk(from(front, { destination: '10.0.0.1' }), switches, sleds)).toThrow('not multicast');
  expect(() => readSwitch('x', {})).toThrow('api_level');
});
