/**
 * Creating and replacing external groups. Invariant: the order of the checks is the daemon's, since it decides which of
 * two faults in one request is reported; a refused request leaves records and tables as they were.
 */
import { invalid } from '../dropshot';
import type { ExternalBody, Nat } from './bodies';
import {
  insertExternalEntries,
  insertSourceFilters,
  removeSourceFilters,
  replaceNat,
  type ExternalEntries,
} from './external-entries';
import type { GroupRecord, Groups } from './groups';
import { exists, missing } from './reply';
import { decapEntry } from './underlay';

export function createExternal(groups: Groups, body: ExternalBody): GroupRecord {
  const { rules } = groups;
  const nat = required(body.nat);
  if (groups.get(body.ip)) throw exists(`multicast group for IP ${body.ip.text} already exists`);
  const sources = rules.readSources(body.sources);
  rules.checkGroup(body.ip, sources);
  rules.checkCreatable(body.ip);
  rules.checkNat(nat);
  const target = groups.get(nat.ip);
  if (!target) {
    throw invalid(
      `multicast group for IP address ${body.ip.text} must have a NAT target that is also a tracked multicast group`,
    );
  }
  const tag = rules.newTag(body.tag, body.ip);
  programNew(groups, target, { ip: body.ip, nat, vlan: body.vlan, sources });
  // The entries above stay in the tables when the tag turns out ill-formed.
  rules.checkTagFormat(tag);
  target.ids.holders += 1;
  const kept = rules.keptSources(sources, null);
  const record = {
    ip: body.ip,
    ids: target.ids,
    tag,
    nat,
    vlan: body.vlan,
    sources: kept,
    members: [],
    replicated: false,
  };
  groups.references.set(nat.ip.key, body.ip);
  groups.put(record);
  return record;
}

function programNew(groups: Groups, target: GroupRecord, entries: ExternalEntries): void {
  try {
    groups.tables.attempt(() => {
      insertExternalEntries(groups.tables, entries);
      if (target.members.length > 0 && entries.vlan !== null) pushVlan(groups, target, entries.vlan);
    });
  } catch (error) {
    // A known defect of the daemon: for IPv6 its clean-up also hits the living underlay group.
    const decapKey = String(target.ids.external);
    if (entries.ip.family === 6 && groups.tables.get('decap', decapKey)) groups.tables.remove('decap', decapKey);
    throw error;
  }
}

export function replaceExternal(groups: Groups, body: ExternalBody): GroupRecord {
  const { rules, tables } = groups;
  const record = groups.get(body.ip);
  if (!record) throw missing(`Multicast group for IP ${body.ip.text} not found`);
  const tag = rules.updatedTag(body.tag, record.tag);
  const nat = required(body.nat);
  const sources = rules.readSources(body.sources);
  rules.checkGroup(body.ip, sources);
  rules.checkNat(nat);
  tables.attempt(() => {
    removeSourceFilters(tables, record.ip, record.sources);
    insertSourceFilters(tables, record.ip, sources);
    replaceNat(tables, record, { ip: record.ip, nat, vlan: body.vlan, sources });
    if (body.vlan !== record.vlan) pushVlanTo(groups, record, nat, body.vlan);
  });
  moveReference(groups, record, nat);
  record.tag = tag;
  record.nat = nat;
  record.vlan = rules.keptVlan(body.vlan, record.vlan);
  // Null keeps the old list in the record although the filters above now pass any source.
  record.sources = rules.keptSources(sources, record.sources);
  return record;
}

function required(nat: Nat | null): Nat {
  if (!nat) throw invalid('external groups must have NAT target');
  return nat;
}

/** Nobody checks that the target exists, unless the VLAN has to be written to it. */
function pushVlanTo(groups: Groups, record: GroupRecord, nat: Nat, vlan: number | null): void {
  const target = groups.get(nat.ip);
  if (!target) {
    throw invalid(
      `internal group not found when updating bitmap: internal_ip=${nat.ip.text}, external_group=${record.ip.text}`,
    );
  }
  if (target.replicated) pushVlan(groups, target, vlan);
}

function pushVlan(groups: Groups, target: GroupRecord, vlan: number | null): void {
  groups.tables.update('decap', String(target.ids.external), decapEntry(target.members, vlan));
}

/** A record that had no target before (an underlay address) is never remembered as a referrer. */
function moveReference(groups: Groups, record: GroupRecord, nat: Nat): void {
  if (!record.nat || record.nat.ip.key === nat.ip.key) return;
  groups.references.delete(record.nat.ip.key);
  groups.references.set(nat.ip.key, record.ip);
}
