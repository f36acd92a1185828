/**
 * What is different between an object as it was acknowledged and as a switch holds it, port by port, in words for people. The
 * comparison is of meaning, the same as everywhere (`sameObject`).
 */
import type { ExternalObject, SwitchObject } from './switch-config';
import { sameObject } from './switch-edits';

export interface Difference {
  /** `missing`: expected and not there. `stray`: there and not expected. `divergent`: there, but with other values. */
  kind: 'missing' | 'stray' | 'divergent';
  /** Null when the whole object is meant. */
  port: string | null;
  detail: string;
}

export function differences(expected: SwitchObject | null, actual: SwitchObject | null): Difference[] {
  if (expected === null && actual === null) return [];
  if (expected === null) return [{ kind: 'stray', port: null, detail: `${actual?.kind} group is there` }];
  if (actual === null) return [{ kind: 'missing', port: null, detail: `${expected.kind} group is not there` }];
  if (sameObject(expected, actual)) return [];
  const found: Difference[] = [];
  if (expected.tag !== actual.tag) found.push({ kind: 'divergent', port: null, detail: `tag is ${actual.tag}` });
  if (expected.kind === 'underlay' && actual.kind === 'underlay') found.push(...portDifferences(expected, actual));
  if (expected.kind === 'external' && actual.kind === 'external') found.push(...valueDifferences(expected, actual));
  return found.length > 0
    ? found
    : [{ kind: 'divergent', port: null, detail: `it is ${actual.kind}, not ${expected.kind}` }];
}

function portDifferences(
  expected: Extract<SwitchObject, { kind: 'underlay' }>,
  actual: Extract<SwitchObject, { kind: 'underlay' }>,
): Difference[] {
  const name = (member: { port: string; direction: string }) => `${member.port} ${member.direction}`;
  const wanted = new Set(expected.members.map(name));
  const present = new Set(actual.members.map(name));
  return [
    ...expected.members
      .filter((member) => !present.has(name(member)))
      .map((member): Difference => ({ kind: 'missing', port: member.port, detail: `${name(member)} is not there` })),
    ...actual.members
      .filter((member) => !wanted.has(name(member)))
      .map((member): Difference => ({ kind: 'stray', port: member.port, detail: `${name(member)} is there` })),
  ];
}

type Value = string | number | null | undefined;

function valueDifferences(expected: ExternalObject, actual: ExternalObject): Difference[] {
  const values: [string, Value, Value][] = [
    ['VLAN', expected.vlan, actual.vlan],
    ['sources', expected.sources.toSorted().join(' '), [...new Set(actual.sources)].toSorted().join(' ')],
    ['NAT target', expected.nat?.underlayIp, actual.nat?.underlayIp],
    ['inner MAC', expected.nat?.mac.toLowerCase(), actual.nat?.mac.toLowerCase()],
    ['VNI', expected.nat?.vni, actual.nat?.vni],
  ];
  return values
    .filter(([, before, now]) => before !== now)
    .map(([what, before, now]) => ({
      kind: 'divergent',
      port: null,
      detail: `${what} is ${now || 'none'}, not ${before || 'none'}`,
    }));
}
