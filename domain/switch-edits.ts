/**
 * The difference between what a switch holds of a group and what it should hold, as edits in the only order that works.
 *
 * Invariants: underlay before external on create, external before underlay on delete; an object of somebody else is never
 * touched; equal meaning yields no edit. A tag cannot be changed in place, so an object of ours with an old tag is made anew.
 */
import { multicastMac } from './underlay';
import type {
  ExternalObject,
  ObservedGroup,
  PortMember,
  SwitchConfig,
  SwitchEdit,
  UnderlayObject,
} from './switch-config';

/** Every tag of rackcast starts with this; what does not is somebody else's. */
export const TAG_PREFIX = 'rackcast:';

export function tagOf(groupId: string): string {
  return TAG_PREFIX + groupId;
}

export function groupOfTag(tag: string): string | null {
  return tag.startsWith(TAG_PREFIX) ? tag.slice(TAG_PREFIX.length) : null;
}

/** Somebody else's object at an address that a group needs. */
export interface Foreign {
  foreign: UnderlayObject | ExternalObject;
}

export const ABSENT: ObservedGroup = { underlay: null, external: null };

/** What a switch holds once it has acknowledged `config`. */
export function observedOf(config: SwitchConfig | null): ObservedGroup {
  if (config === null) return ABSENT;
  return { underlay: underlayOf(config), external: externalOf(config) };
}

/** The edits from `actual` to `desired` (null = absent), or the foreign object that stands in the way. */
export function switchEdits(actual: ObservedGroup, desired: SwitchConfig | null): SwitchEdit[] | Foreign {
  const foreign = [actual.external, actual.underlay].find(
    (object) => object !== null && groupOfTag(object.tag) === null,
  );
  if (desired === null) return removals(actual);
  if (foreign != null) return { foreign };

  const wanted = { underlay: underlayOf(desired), external: externalOf(desired) };
  const staleUnderlay = actual.underlay !== null && actual.underlay.tag !== desired.tag;
  const staleExternal = actual.external !== null && actual.external.tag !== desired.tag;
  // The underlay cannot be deleted while its external refers to it, and an external keeps the ids of the underlay it was made for.
  const dropExternal = actual.external !== null && (staleExternal || staleUnderlay || actual.underlay === null);
  const edits: SwitchEdit[] = [];
  if (dropExternal && actual.external !== null)
    edits.push({ op: 'deleteExternal', ip: actual.external.ip, tag: actual.external.tag });
  if (staleUnderlay && actual.underlay !== null)
    edits.push({ op: 'deleteUnderlay', ip: actual.underlay.ip, tag: actual.underlay.tag });

  if (actual.underlay === null || staleUnderlay) {
    edits.push({ op: 'createUnderlay', ip: wanted.underlay.ip, tag: desired.tag, members: wanted.underlay.members });
  } else if (!sameMembers(actual.underlay.members, wanted.underlay.members)) {
    edits.push({ op: 'replaceMembers', ip: wanted.underlay.ip, tag: desired.tag, members: wanted.underlay.members });
  }
  if (actual.external === null || dropExternal) edits.push({ op: 'createExternal', external: wanted.external });
  else if (!sameExternal(actual.external, wanted.external))
    edits.push({ op: 'replaceExternal', external: wanted.external });
  return edits;
}

/**
 * The same where a change to the members `asked` may have ended half-way (null = there was none). DPD then goes on reporting the old
 * members, so only a switch that reports just what was asked is believed; else the group is deleted and created.
 */
export function repairingEdits(
  actual: ObservedGroup,
  desired: SwitchConfig | null,
  asked: PortMember[] | null,
): SwitchEdit[] | Foreign {
  const edits = switchEdits(actual, desired);
  if (asked === null || actual.underlay === null || sameMembers(actual.underlay.members, asked)) return edits;
  const creation = switchEdits(ABSENT, desired);
  return Array.isArray(edits) && Array.isArray(creation) ? [...removals(actual), ...creation] : edits;
}

function removals(actual: ObservedGroup): SwitchEdit[] {
  const edits: SwitchEdit[] = [];
  if (actual.external !== null && groupOfTag(actual.external.tag) !== null) {
    edits.push({ op: 'deleteExternal', ip: actual.external.ip, tag: actual.external.tag });
  }
  if (actual.underlay !== null && groupOfTag(actual.underlay.tag) !== null) {
    edits.push({ op: 'deleteUnderlay', ip: actual.underlay.ip, tag: actual.underlay.tag });
  }
  return edits;
}

function underlayOf(config: SwitchConfig): UnderlayObject {
  return { kind: 'underlay', ip: config.underlayIp, tag: config.tag, members: config.members };
}

function externalOf(config: SwitchConfig): ExternalObject & { nat: NonNullable<ExternalObject['nat']> } {
  return {
    kind: 'external',
    ip: config.externalIp,
    tag: config.tag,
    nat: { underlayIp: config.underlayIp, mac: multicastMac(config.underlayIp), vni: config.vni },
    vlan: config.vlan,
    sources: config.sources,
  };
}

/** Whether two objects mean the same; order, repetition and switch-local ids are not meaning. */
export function sameObject(a: UnderlayObject | ExternalObject, b: UnderlayObject | ExternalObject): boolean {
  if (a.tag !== b.tag || a.ip !== b.ip) return false;
  if (a.kind === 'underlay') return b.kind === 'underlay' && sameMembers(a.members, b.members);
  return b.kind === 'external' && sameExternal(a, b);
}

function sameMembers(a: PortMember[], b: PortMember[]): boolean {
  return sameSet(a.map(memberKey), b.map(memberKey));
}

function sameExternal(a: ExternalObject, b: ExternalObject): boolean {
  return (
    a.vlan === b.vlan &&
    sameSet(a.sources, b.sources) &&
    a.nat?.underlayIp === b.nat?.underlayIp &&
    a.nat?.vni === b.nat?.vni &&
    a.nat?.mac.toLowerCase() === b.nat?.mac.toLowerCase()
  );
}

function sameSet(a: string[], b: string[]): boolean {
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((item) => right.has(item));
}

function memberKey(member: PortMember): string {
  return `${member.direction} ${member.port}`;
}
