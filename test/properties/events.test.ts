/** Properties of what events mean: order is all that matters, and what fails changes nothing, but that a start is a stop then. */
import fc from 'fast-check';
import { EVENT_KINDS, type EventBody } from '../../domain/events';
import {
  foldEvents,
  overtakes,
  samePlace,
  type FoldedInstance,
  type InstanceFacts,
  type Membership,
  type PendingEvent,
} from '../../domain/fold-events';
import { LIMITS } from '../../domain/limits';

const GROUPS = ['g1', 'g2', 'g3', 'ending', 'foreign', 'gone'];
const standing = new Map(
  GROUPS.filter((id) => id !== 'gone').map((id) => [
    id,
    { projectId: id === 'foreign' ? 'q' : 'p', deleting: id === 'ending' },
  ]),
);
const place = fc.record({
  sled_id: fc.constantFrom('s1', 's2'),
  propolis_id: fc.constantFrom('v1', 'v2', 'v3', 'v4'),
});
const body: fc.Arbitrary<EventBody> = fc.record({
  multicast_groups: fc.uniqueArray(fc.constantFrom(...GROUPS), { maxLength: 3 }),
  sled_id: fc.constantFrom('s1', 's2'),
  propolis_id: fc.constantFrom('v1', 'v2', 'v3', 'v4'),
  source: place,
  target: place,
});
const events = fc
  .array(fc.record({ kind: fc.constantFrom(...EVENT_KINDS), body, fails: fc.boolean() }), { maxLength: 12 })
  .map((list) =>
    list.map(({ kind, body: said, fails }, at): PendingEvent => ({
      eventId: `e${at + 1}`,
      generation: at + 1,
      kind,
      body: said,
      failure: fails && at % 3 === 0 ? 'an earlier step failed' : null,
    })),
  );
const cuts = fc.array(fc.nat(12), { maxLength: 4 });

const NEW: InstanceFacts = { id: 'i', projectId: 'p', state: 'creating', place: null, target: null };

let made = 0;
function fold(before: InstanceFacts, members: Membership[], list: PendingEvent[]): FoldedInstance {
  return foldEvents(before, members, list, standing, () => `new-${(made += 1)}`);
}

function after(members: Membership[], { changes }: FoldedInstance): Membership[] {
  const rows = new Map(members.map((member) => [member.memberId, member]));
  for (const change of changes) {
    if (change.op === 'insert') rows.set(change.membership.memberId, change.membership);
    else if (change.op === 'remove') rows.delete(change.memberId);
    else rows.set(change.memberId, { ...rows.get(change.memberId)!, location: change.location, target: change.target });
  }
  return [...rows.values()];
}

const shown = (members: Membership[]) =>
  members
    .map(({ groupId, location, target, createdBy }) => ({ groupId, location, target, createdBy }))
    .toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1));

const property = (check: (list: PendingEvent[], at: number[]) => void) =>
  fc.assert(fc.property(events, cuts, check), { numRuns: 1_000, seed: 11 });

test('however the events are cut into folds, the instance and its memberships end the same', () =>
  property((list, at) => {
    const whole = fold(NEW, [], list);
    let instance = NEW;
    let members: Membership[] = [];
    const bounds = [0, ...at.toSorted((a, b) => a - b), list.length];
    for (const [n, from] of bounds.slice(0, -1).entries()) {
      const part = fold(instance, members, list.slice(from, bounds[n + 1]));
      members = after(members, part);
      instance = part.instance;
    }
    expect(instance).toEqual(whole.instance);
    // A row that one fold makes and takes away never was; cut in two it was made anew.
    const plain = (rows: Membership[]) => shown(rows.map((row) => ({ ...row, createdBy: null })));
    expect(plain(members)).toEqual(plain(after([], whole)));
  }));

test('what fails changes nothing: without it, a failed start being a stop, the rest means the same', () =>
  property((list) => {
    const whole = fold(NEW, [], list);
    const rest = fold(
      NEW,
      [],
      list
        .filter((event) => whole.effective.has(event.eventId))
        .map((event) =>
          whole.failures.has(event.eventId) ? { ...event, kind: 'stop' as const, failure: null } : event,
        ),
    );
    expect(rest.instance).toEqual(whole.instance);
    expect(shown(after([], rest))).toEqual(shown(after([], whole)));
    expect(rest.failures.size).toBe(0);
    const succeeded = [...rest.superseded].filter(([eventId]) => !whole.failures.has(eventId));
    expect(new Map(succeeded)).toEqual(whole.superseded);
  }));

test('a group whose members change is touched', () =>
  property((list, at) => {
    const first = fold(NEW, [], list.slice(0, at[0] ?? 0));
    const members = after([], first);
    const { changes, touched } = fold(first.instance, members, list.slice(at[0] ?? 0));
    const changed = changes.map((change) => (change.op === 'insert' ? change.membership.groupId : change.groupId));
    expect(changed.filter((groupId) => !touched.includes(groupId))).toEqual([]);
    expect(touched).toEqual([...new Set(touched)].toSorted());
  }));

test('every membership is where its instance is, once in each group, in groups that may be joined', () =>
  property((list) => {
    const { instance, ...folded } = fold(NEW, [], list);
    const members = after([], { instance, ...folded });
    for (const member of members) {
      expect(samePlace(member.location, instance.place) && samePlace(member.target, instance.target)).toBe(true);
      expect(standing.get(member.groupId)).toEqual({ projectId: 'p', deleting: false });
    }
    expect(new Set(members.map((member) => member.groupId)).size).toBe(members.length);
    expect(instance.state !== 'destroyed' || members.length === 0).toBe(true);
  }));

test('an event is overtaken by a later one that applied, and of a kind that overtakes it', () =>
  property((list) => {
    const { superseded, failures, effective } = fold(NEW, [], list);
    for (const [eventId, generation] of superseded) {
      const [older, newer] = [eventId, `e${generation}`].map((id) => list.find((event) => event.eventId === id)!);
      expect(older!.generation).toBeLessThan(generation);
      expect(overtakes(newer!.kind)).toContain(older!.kind);
      expect(failures.has(eventId) || !effective.has(newer!.eventId)).toBe(false);
    }
  }));

test('a reboot changes nothing and overtakes nothing', () =>
  property((list) => {
    const without = list.filter((event) => event.kind !== 'reboot');
    expect(fold(NEW, [], without).instance).toEqual(fold(NEW, [], list).instance);
    expect(overtakes('reboot')).toEqual([]);
  }));

test('no fold makes more memberships than an instance may have', () => {
  const many = fc.uniqueArray(fc.nat(40).map(String), { minLength: 0, maxLength: 40 });
  fc.assert(
    fc.property(many, (ids) => {
      const all = new Map(ids.map((id) => [id, { projectId: 'p', deleting: false }]));
      const event = { eventId: 'e', generation: 1, kind: 'create', body: { multicast_groups: ids } } as const;
      const { changes, failures } = foldEvents(NEW, [], [{ ...event, failure: null }], all, () => 'id');
      expect(changes.length).toBe(ids.length > LIMITS.groupsPerInstance ? 0 : ids.length);
      expect(failures.size).toBe(ids.length > LIMITS.groupsPerInstance ? 1 : 0);
    }),
    { numRuns: 1_000, seed: 12 },
  );
});
