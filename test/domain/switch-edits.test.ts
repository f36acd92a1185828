/** From what a switch holds to what it should hold: the edits, in the order that works. */
import type { ExternalObject, ObservedGroup, SwitchConfig, SwitchEdit } from '../../domain/switch-config';
import {
  ABSENT,
  groupOfTag,
  observedOf,
  repairingEdits,
  sameObject,
  switchEdits,
  tagOf,
} from '../../domain/switch-edits';

const config = (over: Partial<SwitchConfig> = {}): SwitchConfig => ({
  tag: tagOf('g'),
  underlayIp: 'ff04::1',
  externalIp: '224.1.1.1',
  vni: 77,
  vlan: null,
  sources: [],
  members: [{ port: 'rear1', direction: 'Underlay' }],
  ...over,
});
const held = (over: Partial<SwitchConfig> = {}): ObservedGroup => observedOf(config(over));
const opsOf = (actual: ObservedGroup, desired: SwitchConfig | null): string[] | 'foreign' => {
  const edits = switchEdits(actual, desired);
  return Array.isArray(edits) ? edits.map((edit: SwitchEdit) => edit.op) : 'foreign';
};
const old = tagOf('earlier');

test.each<[string, ObservedGroup, SwitchConfig | null, string[] | 'foreign']>([
  ['nothing there: underlay before external', ABSENT, config(), ['createUnderlay', 'createExternal']],
  ['all as it should be', held(), config(), []],
  ['nothing there, nothing wanted', ABSENT, null, []],
  ['gone: external before underlay', held(), null, ['deleteExternal', 'deleteUnderlay']],
  ['other ports', held({ members: [] }), config(), ['replaceMembers']],
  ['another network id', held({ vni: 5 }), config(), ['replaceExternal']],
  ['another VLAN', held({ vlan: 5 }), config(), ['replaceExternal']],
  ['other sources', held({ sources: ['10.0.0.1'] }), config(), ['replaceExternal']],
  ['ports and sources', held({ members: [], sources: ['10.0.0.1'] }), config(), ['replaceMembers', 'replaceExternal']],
  ['the external is missing', { ...held(), external: null }, config(), ['createExternal']],
  [
    'the underlay is missing: the external refers to ids that are gone',
    { ...held(), underlay: null },
    config(),
    ['deleteExternal', 'createUnderlay', 'createExternal'],
  ],
  [
    'ours, with an old tag: made anew',
    held({ tag: old }),
    config(),
    ['deleteExternal', 'deleteUnderlay', 'createUnderlay', 'createExternal'],
  ],
  [
    'only the external has an old tag',
    { underlay: held().underlay, external: held({ tag: old }).external },
    config(),
    ['deleteExternal', 'createExternal'],
  ],
  ['somebody else’s is not touched', held({ tag: 'omicron:x' }), config(), 'foreign'],
  ['somebody else’s is not removed', held({ tag: 'omicron:x' }), null, []],
  [
    'ours is removed beside somebody else’s',
    { underlay: held().underlay, external: held({ tag: 'omicron:x' }).external },
    null,
    ['deleteUnderlay'],
  ],
])('%s', (_, actual, desired, ops) => {
  expect(opsOf(actual, desired)).toEqual(ops);
});

test.each<[string, ObservedGroup, string[], string[]]>([
  ['there was none: only what differs', held({ members: [] }), [], ['replaceMembers']],
  ['it reports just what was asked: whole', held(), ['rear1'], []],
  [
    'it reports something else: made anew',
    held(),
    ['rear2'],
    ['deleteExternal', 'deleteUnderlay', 'createUnderlay', 'createExternal'],
  ],
  [
    'it reports what is wanted, but that was not asked',
    held(),
    ['rear1', 'rear2'],
    ['deleteExternal', 'deleteUnderlay', 'createUnderlay', 'createExternal'],
  ],
  ['nothing is there: nothing is half done', ABSENT, ['rear2'], ['createUnderlay', 'createExternal']],
])('a change of members whose end nobody knows: %s', (what, actual, ports, ops) => {
  const asked = what.startsWith('there was none')
    ? null
    : ports.map((port) => ({ port, direction: 'Underlay' as const }));
  const edits = repairingEdits(actual, config(), asked);
  expect(Array.isArray(edits) && edits.map((edit) => edit.op)).toEqual(ops);
  const removal = repairingEdits(actual, null, asked);
  expect(removal).toEqual(switchEdits(actual, null));
});

test('an object is deleted by the tag that it has, and created with the one that is wanted', () => {
  const edits = switchEdits(held({ tag: old }), config()) as SwitchEdit[];
  expect(edits.map((edit) => ('tag' in edit ? edit.tag : edit.external.tag))).toEqual([
    old,
    old,
    tagOf('g'),
    tagOf('g'),
  ]);
});

test('order, repetition and the case of a MAC are not a difference', () => {
  const [a, b] = ['rear1', 'rear2'].map((port) => ({ port, direction: 'Underlay' as const }));
  expect(opsOf(held({ members: [b!, a!, b!] }), config({ members: [a!, b!] }))).toEqual([]);
  expect(opsOf(held({ sources: ['10.0.0.2', '10.0.0.1'] }), config({ sources: ['10.0.0.1', '10.0.0.2'] }))).toEqual([]);
  const { external, underlay } = held();
  const nat = external!.nat!;
  const upper: ExternalObject = { ...external!, nat: { ...nat, mac: nat.mac.toUpperCase() } };
  expect(opsOf({ underlay, external: upper }, config())).toEqual([]);
  expect(sameObject(underlay!, external!)).toBe(false);
});

test('a tag is made of the group’s id, and only ours lead back to one', () => {
  expect(groupOfTag(tagOf('g'))).toBe('g');
  expect(groupOfTag('omicron:g')).toBeNull();
});
