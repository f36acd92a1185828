/** Properties of edits: a model switch that follows the edits ends with exactly the desired configuration. */
import fc from 'fast-check';
import { differences } from '../../domain/drift';
import { sameConfig } from '../../domain/plan-round';
import type { ObservedGroup, SwitchEdit } from '../../domain/switch-config';
import { groupOfTag, observedOf, sameObject, switchEdits } from '../../domain/switch-edits';
import { wish } from '../support/configs';

const RUNS = { numRuns: 1_000, seed: 21 };
/** What may be found at a group's addresses: all of a configuration, half of it, of another tag, or somebody else's. */
const observed = fc
  .record({ of: wish, other: wish, underlay: fc.boolean(), external: fc.boolean(), foreign: fc.nat(9) })
  .map(({ of, other, underlay, external, foreign }): ObservedGroup => {
    const held = { underlay: observedOf(of).underlay, external: observedOf(other).external };
    const tag = foreign === 0 ? { tag: 'omicron:x' } : {};
    return {
      underlay: underlay && held.underlay !== null ? { ...held.underlay, ...tag } : null,
      external: external && underlay && held.external !== null ? { ...held.external, ...tag } : null,
    };
  });

/** Follows an edit as DPD would, or throws. */
function follow(held: ObservedGroup, edit: SwitchEdit): ObservedGroup {
  const { underlay, external } = held;
  const must = (holds: boolean) => {
    if (!holds) throw new Error(`${edit.op}: not possible now`);
  };
  switch (edit.op) {
    case 'createUnderlay':
      must(underlay === null);
      return { external, underlay: { kind: 'underlay', ip: edit.ip, tag: edit.tag, members: edit.members } };
    case 'replaceMembers':
      must(underlay?.tag === edit.tag);
      return { external, underlay: { kind: 'underlay', ip: edit.ip, tag: edit.tag, members: edit.members } };
    case 'createExternal':
      must(external === null && underlay !== null);
      return { underlay, external: edit.external };
    case 'replaceExternal':
      must(external?.tag === edit.external.tag && underlay !== null);
      return { underlay, external: edit.external };
    case 'deleteExternal':
      must(external?.tag === edit.tag);
      return { underlay, external: null };
    case 'deleteUnderlay':
      must(underlay?.tag === edit.tag && external === null);
      return { external, underlay: null };
  }
}

const isForeign = (held: ObservedGroup) =>
  [held.underlay, held.external].some((object) => object !== null && groupOfTag(object.tag) === null);

test('following the edits leads to exactly the desired configuration, and then there are none', () => {
  fc.assert(
    fc.property(observed, wish, (held, desired) => {
      fc.pre(!isForeign(held));
      const edits = switchEdits(held, desired) as SwitchEdit[];
      const end = edits.reduce(follow, held);
      for (const [kind, wanted] of Object.entries(observedOf(desired))) {
        const actual = end[kind as keyof ObservedGroup];
        expect(wanted === null ? actual === null : actual !== null && sameObject(actual, wanted)).toBe(true);
      }
      expect(switchEdits(end, desired)).toEqual([]);
    }),
    RUNS,
  );
});

test('what belongs to somebody else is neither changed nor removed', () => {
  fc.assert(
    fc.property(observed, wish, (held, desired) => {
      fc.pre(isForeign(held));
      const edits = switchEdits(held, desired);
      expect('foreign' in edits).toBe(desired !== null);
      const touched = 'foreign' in edits ? [] : edits.map((edit) => ('tag' in edit ? groupOfTag(edit.tag) : null));
      expect(touched).not.toContain(null);
    }),
    RUNS,
  );
});

test('from one configuration to another and back is where it began', () => {
  fc.assert(
    fc.property(wish, wish, (a, b) => {
      const there = (switchEdits(observedOf(a), b) as SwitchEdit[]).reduce(follow, observedOf(a));
      const back = (switchEdits(there, a) as SwitchEdit[]).reduce(follow, there);
      expect(switchEdits(back, a)).toEqual([]);
    }),
    RUNS,
  );
});

test('no edits exactly where there is no difference', () => {
  fc.assert(
    fc.property(wish, wish, (a, b) => {
      const same = sameConfig(a, b);
      expect((switchEdits(observedOf(a), b) as SwitchEdit[]).length === 0).toBe(same);
      const [left, right] = [observedOf(a), observedOf(b)];
      const found = [...differences(left.underlay, right.underlay), ...differences(left.external, right.external)];
      expect(found.length === 0).toBe(same);
    }),
    RUNS,
  );
});
