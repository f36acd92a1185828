/** What a sequence of events means for an instance and its memberships. */
import type { EventKind } from '../../domain/events';
import {
  foldEvents,
  overtakes,
  type FoldedInstance,
  type GroupStanding,
  type InstanceFacts,
  type Membership,
  type PendingEvent,
} from '../../domain/fold-events';
import type { Place } from '../../domain/desired';
import { LIMITS } from '../../domain/limits';

const place = (sledId: string, propolisId: string): Place => ({ sledId, propolisId });
const [A, B, C] = [place('sled-a', 'vmm-1'), place('sled-b', 'vmm-2'), place('sled-c', 'vmm-3')];
const wire = (at: Place) => ({ sled_id: at.sledId, propolis_id: at.propolisId });

const groups = new Map<string, GroupStanding>([
  ['g1', { projectId: 'p', deleting: false }],
  ['g2', { projectId: 'p', deleting: false }],
  ['ending', { projectId: 'p', deleting: true }],
  ['foreign', { projectId: 'q', deleting: false }],
]);

type Said = [EventKind, PendingEvent['body']?, string?];
const create = (...ids: string[]): Said => ['create', { multicast_groups: ids }];
const reconfigure = (...ids: string[]): Said => ['reconfigure', { multicast_groups: ids }];
const start = (at: Place): Said => ['start', wire(at)];
const migrate = (source: Place, target: Place): Said => ['migrate', { source: wire(source), target: wire(target) }];

const instance = (over: Partial<InstanceFacts> = {}): InstanceFacts => ({
  id: 'i',
  projectId: 'p',
  state: 'creating',
  place: null,
  target: null,
  ...over,
});
const running = (at: Place, target: Place | null = null) => instance({ state: 'running', place: at, target });
const member = (groupId: string, location: Place | null = null, target: Place | null = null): Membership => ({
  memberId: `m-${groupId}`,
  groupId,
  location,
  target,
  createdBy: null,
});

function fold(before: InstanceFacts, members: Membership[], said: Said[]): FoldedInstance {
  let made = 0;
  const events = said.map(([kind, body = {}, failure = null], at): PendingEvent => ({
    eventId: `e${at + 1}`,
    generation: at + 1,
    kind,
    body,
    failure: failure as string | null,
  }));
  return foldEvents(before, members, events, groups, () => `new-${(made += 1)}`);
}

describe('one event', () => {
  test('create makes the memberships, where the instance is not running', () => {
    const folded = fold(instance(), [], [create('g1', 'g2', 'g1')]);
    expect(folded.instance).toMatchObject({ state: 'stopped', place: null });
    expect(folded.changes).toEqual(
      ['g1', 'g2'].map((groupId, at) => ({
        op: 'insert',
        membership: { memberId: `new-${at + 1}`, groupId, location: null, target: null, createdBy: 'e1' },
      })),
    );
    expect(folded.touched).toEqual(['g1', 'g2']);
  });

  test('start places every membership', () => {
    const folded = fold(instance({ state: 'stopped' }), [member('g1'), member('g2')], [start(A)]);
    expect(folded.instance).toMatchObject({ state: 'running', place: A });
    expect(folded.changes).toEqual([
      { op: 'place', memberId: 'm-g1', groupId: 'g1', location: A, target: null },
      { op: 'place', memberId: 'm-g2', groupId: 'g2', location: A, target: null },
    ]);
  });

  test.each<[EventKind, string, string[]]>([
    ['stop', 'stopped', []],
    ['fail', 'failed', ['vmm-1', 'vmm-2']],
  ])('%s takes every membership from its place and keeps its row', (kind, state, lost) => {
    const folded = fold(running(A, B), [member('g1', A, B)], [[kind]]);
    expect(folded.instance).toMatchObject({ state, place: null, target: null });
    expect(folded.changes).toEqual([{ op: 'place', memberId: 'm-g1', groupId: 'g1', location: null, target: null }]);
    expect(folded.lostVmms).toEqual(lost);
  });

  test('migrate adds the target and keeps the place', () => {
    const folded = fold(running(A), [member('g1', A)], [migrate(A, B)]);
    expect(folded.instance).toMatchObject({ state: 'running', place: A, target: B });
    expect(folded.changes).toEqual([{ op: 'place', memberId: 'm-g1', groupId: 'g1', location: A, target: B }]);
  });

  test('reconfigure keeps what stays, adds where the instance runs, removes the rest', () => {
    const folded = fold(running(A, B), [member('g1', A, B)], [reconfigure('g2')]);
    expect(folded.changes).toEqual([
      { op: 'insert', membership: { memberId: 'new-1', groupId: 'g2', location: A, target: B, createdBy: 'e1' } },
      { op: 'remove', memberId: 'm-g1', groupId: 'g1' },
    ]);
    expect(folded.touched).toEqual(['g1', 'g2']);
  });

  test('delete removes every membership', () => {
    const folded = fold(running(A), [member('g1', A)], [['delete']]);
    expect(folded.instance).toMatchObject({ state: 'destroyed', place: null });
    expect(folded.changes).toEqual([{ op: 'remove', memberId: 'm-g1', groupId: 'g1' }]);
  });

  test('reboot changes nothing', () => {
    expect(fold(running(A), [member('g1', A)], [['reboot']])).toMatchObject({ instance: running(A), changes: [] });
  });
});

describe('an event that does not fit changes nothing, and the others go on', () => {
  test.each<[string, InstanceFacts, Said, RegExp]>([
    ['a group that is gone', instance(), create('g1', 'nowhere'), /nowhere is gone/],
    ['a group of another project', instance(), create('foreign'), /another project/],
    ['a group that is being deleted', running(A), reconfigure('ending'), /being deleted/],
    [
      'too many groups',
      instance(),
      create(...Array.from({ length: LIMITS.groupsPerInstance + 1 }, (_, at) => `g${at}`)),
      /more/,
    ],
    ['a migration of an instance that does not run', instance(), migrate(A, B), /does not run/],
    ['a migration from where it is not', running(A), migrate(B, C), /not where the migration starts/],
    ['anything after its delete', instance({ state: 'destroyed' }), start(A), /is deleted/],
    ['a step before it failed', running(A), ['stop', {}, 'registration failed'], /registration failed/],
  ])('%s', (_, before, bad, reason) => {
    const members = before.place === null ? [] : [member('g1', before.place)];
    const alone = fold(before, members, [bad]);
    expect(alone).toMatchObject({ instance: before, changes: [] });
    expect(alone.failures.get('e1')).toMatch(reason);
    if (before.state === 'destroyed') return;
    const followed = fold(before, members, [bad, start(C)]);
    expect([followed.instance.place, [...followed.failures.keys()]]).toEqual([C, ['e1']]);
  });

  test('a group that is being deleted may stay in the set of a member', () => {
    expect(fold(running(A), [member('ending', A)], [reconfigure('ending', 'g1')]).failures.size).toBe(0);
  });
});

describe('several events', () => {
  test.each<[string, Said[], string, Place | null, Place | null]>([
    ['create, start', [create('g1'), start(A)], 'running', A, null],
    ['create, start, stop', [create('g1'), start(A), ['stop']], 'stopped', null, null],
    ['start after fail', [create('g1'), start(A), ['fail'], start(B)], 'running', B, null],
    ['migrate, then reconfigure', [create('g1'), start(A), migrate(A, B), reconfigure('g1', 'g2')], 'running', A, B],
    ['migrate, then stop', [create('g1'), start(A), migrate(A, B), ['stop']], 'stopped', null, null],
    ['start elsewhere', [create('g1'), start(A), start(B)], 'running', B, null],
    ['everything, then delete', [create('g1'), start(A), ['delete'], start(B)], 'destroyed', null, null],
  ])('%s', (_, said, state, at, target) => {
    const folded = fold(instance(), [], said);
    expect(folded.instance).toMatchObject({ state, place: at, target });
    const inserted = folded.changes.flatMap((change) => (change.op === 'insert' ? [change.membership] : []));
    expect(inserted.map((each) => [each.location, each.target])).toEqual(inserted.map(() => [at, target]));
  });

  test('a membership that comes and goes within the fold leaves no trace but its group', () => {
    const folded = fold(instance(), [], [create('g1'), reconfigure()]);
    expect(folded.changes).toEqual([]);
  });

  test('the newest place counts, and earlier moves end superseded by the first that overtakes them', () => {
    const said = [create('g1'), start(A), reconfigure('g2'), ['stop'], start(B)] as Said[];
    const folded = fold(instance(), [], said);
    expect([...folded.superseded]).toEqual([
      ['e2', 4],
      ['e4', 5],
    ]);
  });

  test('a start whose VMM could not be registered leaves the instance nowhere, and overtakes what ran before', () => {
    const failed: Said = ['start', wire(B), 'registration failed'];
    const folded = fold(instance({ state: 'stopped' }), [member('g1')], [start(A), failed]);
    expect(folded.instance).toMatchObject({ state: 'stopped', place: null });
    expect([[...folded.failures.keys()], [...folded.superseded]]).toEqual([['e2'], [['e1', 2]]]);
    expect(fold(running(A), [member('g1', A)], [failed]).changes).toEqual([
      { op: 'place', memberId: 'm-g1', groupId: 'g1', location: null, target: null },
    ]);
    expect(fold(instance({ state: 'destroyed' }), [], [failed])).toMatchObject({ instance: { state: 'destroyed' } });
  });

  test('an event that failed overtakes nothing', () => {
    expect(fold(running(A), [member('g1', A)], [['stop'], migrate(A, B)]).superseded.size).toBe(0);
  });
});

test.each<[EventKind, EventKind[]]>([
  ['create', []],
  ['reboot', []],
  ['reconfigure', ['reconfigure']],
  ['start', ['start', 'stop', 'migrate', 'fail']],
  ['stop', ['start', 'stop', 'migrate', 'fail']],
  ['migrate', ['start', 'stop', 'migrate', 'fail']],
  ['fail', ['start', 'stop', 'migrate', 'fail']],
  ['delete', ['start', 'stop', 'migrate', 'fail', 'reconfigure']],
])('%s overtakes %j', (kind, older) => {
  expect(overtakes(kind).toSorted()).toEqual(older.toSorted());
});
