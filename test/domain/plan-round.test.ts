/** One round, decided from rows: what each switch should hold, what has to be written, which ports stay out. */
import { describeChange, onSwitch, restoreTarget, underlayPorts, withPorts } from '../../domain/desired';
import { planRound, type RoundFacts } from '../../domain/plan-round';
import type { SwitchConfig } from '../../domain/switch-config';

const group = {
  tag: 'rackcast:g',
  ip: '224.1.1.1',
  underlayIp: 'ff04::1',
  vni: 77,
  vlan: null,
  sources: ['10.0.0.2', '10.0.0.1'],
  deleting: false,
};
const at = (sledId: string, propolisId: string) => ({ sledId, propolisId });
const facing = (slot: number, over = {}) => ({
  id: `s${slot}`,
  slot,
  inService: true,
  incarnation: 1,
  ports: ['rear1', 'rear2', 'rear10'],
  ...over,
});

const factsOf = (over: Partial<RoundFacts> = {}): RoundFacts => ({
  group,
  acknowledged: null,
  members: [{ location: at('a', 'v1'), target: null }],
  ports: new Map([
    ['a', 'rear1'],
    ['b', 'rear2'],
    ['c', 'rear10'],
  ]),
  switches: [facing(0), facing(1)],
  acks: [],
  flows: [],
  refusals: [],
  uplinks: [],
  ...over,
});
const desiredOf = (over: Partial<RoundFacts> = {}): SwitchConfig => planRound(factsOf(over)).desired!;
const ack = (switchId: string, config: SwitchConfig | null, over = {}) => ({
  switchId,
  config,
  incarnation: 1,
  suspect: false,
  ...over,
});
const owing = (over: Partial<RoundFacts>) => planRound(factsOf(over)).switches.map((task) => task.name);

test('ports are the distinct ones of places and targets, in order of their numbers', () => {
  const members = [
    { location: at('c', 'v1'), target: at('b', 'v2') },
    { location: at('b', 'v3'), target: null },
    { location: null, target: null },
    { location: at('unknown', 'v4'), target: null },
  ];
  expect(underlayPorts(desiredOf({ members }))).toEqual(['rear2', 'rear10']);
});

test('a switch is written only where what it acknowledged differs, is unknown or not believed', () => {
  const config = desiredOf();
  expect(owing({ acks: [ack('s0', config), ack('s1', config)] })).toEqual([]);
  expect(owing({ acks: [ack('s0', config)] })).toEqual(['switch1']);
  expect(owing({ acks: [ack('s0', config), ack('s1', config, { suspect: true })] })).toEqual(['switch1']);
  expect(owing({ acks: [ack('s0', config), ack('s1', config, { incarnation: 2 })] })).toEqual(['switch1']);
  expect(owing({ acks: [ack('s0', config), ack('s1', withPorts(config, []))] })).toEqual(['switch1']);
});

test('a group that is deleted shall be absent, and its flows leave', () => {
  const flows = [{ propolisId: 'v1', sledId: 'a', sources: '', state: 'joined' as const, registering: false }];
  const plan = planRound(factsOf({ group: { ...group, deleting: true }, flows, members: [] }));
  expect(plan.desired).toBeNull();
  expect(plan.leave).toMatchObject([{ propolisId: 'v1' }]);
});

test.each([
  ['a port that a switch does not have', { switches: [facing(0), facing(1, { ports: ['rear2'] })] }, /no port rear1/],
  [
    'a port that a switch has refused',
    { refusals: [{ switchId: 's1', port: 'rear1', incarnation: 1, reason: 'switch1 said no' }] },
    /said no/,
  ],
])('%s stays out on all, with its reason, and has no flow', (_, over, reason) => {
  const plan = planRound(
    factsOf({ ...over, members: [...factsOf().members, { location: at('b', 'v2'), target: null }] }),
  );
  expect(underlayPorts(plan.desired)).toEqual(['rear2']);
  expect(plan.excluded).toMatchObject([{ port: 'rear1', reason: expect.stringMatching(reason) }]);
  expect(plan.join.map((flow) => flow.propolisId)).toEqual(['v2']);
});

test('the refusal of an earlier incarnation counts no more', () => {
  const refusals = [{ switchId: 's1', port: 'rear1', incarnation: 0, reason: 'before' }];
  expect(planRound(factsOf({ refusals })).excluded).toEqual([]);
});

test('with other sources a VMM joins first and leaves the old ones after', () => {
  const flows = [{ propolisId: 'v1', sledId: 'a', sources: '10.0.0.9', state: 'joined' as const, registering: false }];
  const plan = planRound(factsOf({ flows }));
  expect([plan.leave, plan.join.map((flow) => flow.sources)]).toEqual([[], ['10.0.0.1,10.0.0.2']]);
  expect(plan.leaveAfterJoin).toMatchObject([{ sources: '10.0.0.9' }]);
});

test('what is restored is what all had acknowledged, less what nobody wants any more', () => {
  const config = withPorts(desiredOf(), ['rear1', 'rear2']);
  expect(underlayPorts(restoreTarget(config, ['rear2', 'rear10']))).toEqual(['rear2']);
  expect(restoreTarget(null, ['rear1'])).toBeNull();
});

test('uplinks are those of the switch itself, as External members', () => {
  const config = onSwitch(desiredOf(), 1, ['switch0.qsfp0', 'switch1.qsfp3', 'switch10.qsfp4']);
  expect(config?.members.filter((member) => member.direction === 'External')).toEqual([
    { port: 'qsfp3', direction: 'External' },
  ]);
});

test('a change is told as people read it', () => {
  const config = desiredOf();
  expect(describeChange(null, config)).toBe('create +rear1');
  expect(describeChange(config, withPorts(config, ['rear2']))).toBe('+rear2 -rear1');
  expect(describeChange(config, { ...config, vni: 5 })).toBe('=');
  expect(describeChange(config, null)).toBe('remove');
});
