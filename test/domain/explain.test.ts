/** The chain from a wish to a VM's NIC: whole, and broken at each of its links; the first broken one is the answer. */
import { explain, type ExplainFacts, type InstanceStanding, type SwitchStanding } from '../../domain/explain';
import type { SwitchConfig } from '../../domain/switch-config';

const config = (...ports: string[]): SwitchConfig => ({
  tag: 'rackcast-1',
  underlayIp: 'ff04::1',
  externalIp: '224.1.1.1',
  vni: 77,
  vlan: null,
  sources: [],
  members: ports.map((port) => ({ port, direction: 'Underlay' })),
});

const facing = (name: string, more: Partial<SwitchStanding> = {}): SwitchStanding => ({
  name,
  service: 'in_service',
  config: config('rear1', 'rear2'),
  configGeneration: 3,
  believed: true,
  lastError: null,
  refusal: null,
  drift: [],
  ...more,
});

const instance: InstanceStanding = {
  name: 'db1',
  state: 'running',
  member: { generation: 4, state: 'joined', reason: null, removed: false },
  vmm: { propolisId: 'v', port: 'rear1', agentVersion: 5 },
  flows: [{ sources: '', state: 'joined', reason: null }],
};

function facts(more: Partial<ExplainFacts> = {}, group: Partial<ExplainFacts['group']> = {}): ExplainFacts {
  const standing: ExplainFacts['group'] = {
    state: 'active',
    sources: [],
    requested: 5,
    served: 5,
    configGeneration: 3,
    outcome: 'served',
    reason: null,
    ...group,
  };
  return {
    enabled: true,
    group: standing,
    switches: [facing('switch0'), facing('switch1')],
    instance,
    source: null,
    ...more,
  };
}

const one = (more: Partial<InstanceStanding>): Partial<ExplainFacts> => ({ instance: { ...instance, ...more } });
const member = (more: Partial<NonNullable<InstanceStanding['member']>>) =>
  one({ member: { ...instance.member!, ...more } });
const flow = (more: Partial<InstanceStanding['flows'][number]>) => one({ flows: [{ ...instance.flows[0]!, ...more }] });
const first = (more: Partial<SwitchStanding>): Partial<ExplainFacts> => ({
  switches: [facing('switch0', more), facing('switch1')],
});

test('whole: it receives, and every link says so', () => {
  const { receives, broken, links } = explain(facts({ source: '10.0.0.1' }));
  expect([receives, broken]).toEqual(['yes', null]);
  expect(links.map(({ link, state }) => `${link} ${state}`)).toEqual([
    'membership whole',
    'instance whole',
    'generation whole',
    'switch0 whole',
    'switch1 whole',
    'source filter whole',
    'sled whole',
    'agent version whole',
  ]);
});

const CASES: [string, ExplainFacts, string, 'partly' | 'no', RegExp][] = [
  ['not a member', facts(one({ member: null })), 'membership', 'no', /db1 is not a member/],
  ['removed', facts(member({ removed: true })), 'membership', 'no', /was removed/],
  ['stopped', facts(one({ state: 'stopped', vmm: null })), 'instance', 'no', /db1 is stopped/],
  ['on an unknown sled', facts(one({ vmm: { ...instance.vmm!, port: null } })), 'instance', 'no', /not registered/],
  ['being deleted', facts({}, { state: 'deleting' }), 'generation', 'no', /being deleted/],
  [
    'not served yet',
    facts(member({ generation: 6, state: 'joining' }), { requested: 6, outcome: 'failed', reason: 'switch1: 503' }),
    'generation',
    'no',
    /request 6 is open, 5 was .*failed, switch1: 503/,
  ],
  ['a change not served yet', facts(member({ generation: 6 }), { requested: 6 }), 'generation', 'partly', /request 6/],
  [
    'one switch away',
    facts(first({ service: 'unreachable', lastError: 'no answer' })),
    'switch0',
    'partly',
    /no answer/,
  ],
  ['one switch coming back', facts(first({ service: 'resyncing' })), 'switch0', 'partly', /resyncing/],
  ['one switch refuses', facts(first({ refusal: 'no such port' })), 'switch0', 'partly', /refused: no such port/],
  [
    'one switch was changed',
    facts(first({ drift: [{ port: 'rear1', detail: 'rear1 is not there' }] })),
    'switch0',
    'partly',
    /drift: rear1/,
  ],
  [
    'a port left out because the other switch refuses it',
    facts({
      switches: [
        facing('switch0', { config: config() }),
        facing('switch1', { config: config(), refusal: 'no such lane' }),
      ],
    }),
    'switch0',
    'no',
    /no port rear1: switch1 refuses it, no such lane/,
  ],
  ['one switch without the group', facts(first({ config: null })), 'switch0', 'partly', /no group/],
  ['one switch without the port', facts(first({ config: config('rear2') })), 'switch0', 'partly', /no port rear1/],
  ['one switch behind', facts(first({ configGeneration: 2 })), 'switch0', 'partly', /behind: .* 2 of 3/],
  ['one switch in doubt', facts(first({ believed: false })), 'switch0', 'partly', /in doubt/],
  [
    'no switch has the port',
    facts({ switches: ['switch0', 'switch1'].map((name) => facing(name, { config: config() })) }),
    'switch0',
    'no',
    /no port rear1/,
  ],
  ['no switch', facts({ switches: [] }), 'switches', 'no', /no switch/],
  [
    'another source',
    facts({ source: '10.0.0.9' }, { sources: ['10.0.0.2', '10.0.0.1'] }),
    'source filter',
    'no',
    /10.0.0.1 10.0.0.2 only/,
  ],
  ['a sled that refuses', facts(flow({ state: 'joining', reason: '404: NO_SUCH_INSTANCE' })), 'sled', 'no', /NO_SUCH/],
  ['a sled not asked', facts(one({ flows: [] })), 'sled', 'no', /not asked/],
  ['a sled with old sources', facts({}, { sources: ['10.0.0.1'] }), 'sled', 'partly', /from any source still/],
  ['an old agent', facts(flow({ reason: 'version 4' })), 'agent version', 'partly', /version 4/],
  ['switched off', facts({ enabled: false }), 'multicast', 'partly', /switched off/],
];

test.each(CASES)('%s', (_what, given, link, receives, why) => {
  expect(explain(given)).toMatchObject({ broken: link, receives, why: expect.stringMatching(why) });
});

test('the cause is named, not its consequence', () => {
  const given = facts({
    ...member({ generation: 6, state: 'joining' }),
    switches: [facing('switch0', { config: config() })],
  });
  const { broken, links } = explain({ ...given, instance: { ...given.instance!, flows: [] } });
  expect(links.filter(({ state }) => state === 'broken').map(({ link }) => link)).toEqual([
    'generation',
    'switch0',
    'sled',
  ]);
  expect(broken).toBe('generation');
});

test('drift about somebody else’s port is nothing to this one', () => {
  const drift = [{ port: 'rear2', detail: 'rear2 is not there' }];
  expect(explain(facts(first({ drift })))).toMatchObject({ receives: 'yes' });
  expect(explain(facts({ ...first({ drift }), instance: null }))).toMatchObject({
    receives: 'partly',
    broken: 'switch0',
  });
});

test('of the group alone: its rounds, its switches, its sources', () => {
  const { receives, links } = explain(facts({ instance: null, source: '10.0.0.1' }));
  expect([receives, links.map(({ link }) => link)]).toEqual([
    'yes',
    ['generation', 'switch0', 'switch1', 'source filter'],
  ]);
});
