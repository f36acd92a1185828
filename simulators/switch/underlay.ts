/**
 * Creating an underlay group and replacing its members. Invariant: a creation that fails leaves nothing behind but what
 * an ill-formed tag leaves (PRE groups whose ids are free again); an update that fails keeps the record but not the
 * PRE.
 */
import { Refusal } from '../dropshot';
import type { Ip } from './addresses';
import type { Member, UnderlayBody } from './bodies';
import type { GroupRecord, Groups } from './groups';
import { exists, missing } from './reply';

export function createUnderlay(groups: Groups, body: UnderlayBody): GroupRecord {
  if (groups.get(body.ip)) throw exists(`multicast group for IP ${body.ip.text} already exists`);
  const ids = groups.ids.take(groups.rules.idsExhausted);
  const record: GroupRecord = {
    ip: body.ip,
    ids,
    tag: groups.rules.newTag(body.tag, body.ip),
    nat: null,
    vlan: null,
    sources: null,
    members: body.members,
    replicated: body.members.length > 0,
  };
  try {
    program(groups, record);
    // Only now, and without taking anything back: the ids are free again while the PRE still has groups under them.
    groups.rules.checkTagFormat(record.tag);
  } catch (error) {
    groups.ids.giveBack(ids);
    throw error;
  }
  groups.put(record);
  return record;
}

function program(groups: Groups, record: GroupRecord): void {
  const { pre, tables } = groups;
  const made: number[] = [];
  try {
    for (const id of [record.ids.external, record.ids.underlay]) {
      pre.create(id);
      made.push(id);
    }
    for (const member of record.members) pre.add(record.ids, member);
    tables.attempt(() => {
      if (record.replicated) tables.insert('replication', record.ip.text, replicationEntry(record));
      tables.insert('routeV6', record.ip.text, { vlan: null });
      if (record.replicated) tables.insert('decap', String(record.ids.external), decapEntry(record.members, null));
    });
  } catch (error) {
    for (const id of made) pre.destroy(id);
    throw error;
  }
}

export function replaceMembers(groups: Groups, ip: Ip, tag: string | null, members: Member[]): GroupRecord {
  const record = groups.get(ip);
  if (!record) throw missing(`Multicast group for IP ${ip.text} not found`);
  const updatedTag = groups.rules.updatedTag(tag, record.tag);
  if (members.length > 0 || groups.rules.emptiesReplication) moveInPre(groups, record, members);
  try {
    groups.tables.attempt(() => updateTables(groups, record, members));
  } catch (error) {
    // The daemon forgets a group whose entries are missing, so that its owner creates it anew.
    if (error instanceof Refusal && error.status === 404) groups.drop(record);
    throw error;
  }
  record.members = members;
  record.replicated = members.length > 0;
  record.tag = updatedTag;
  return record;
}

/** Removals first. A member that cannot be moved ends it, and what was moved before stays moved. */
function moveInPre(groups: Groups, record: GroupRecord, members: Member[]): void {
  const before = distinct(record.members);
  const after = distinct(members);
  for (const [key, member] of before) if (!after.has(key)) groups.pre.remove(record.ids, member);
  for (const [key, member] of after) if (!before.has(key)) groups.pre.add(record.ids, member);
}

function distinct(members: Member[]): Map<string, Member> {
  return new Map(members.map((member) => [`${member.port}/${member.link} ${member.direction}`, member]));
}

function updateTables(groups: Groups, record: GroupRecord, members: Member[]): void {
  const { tables } = groups;
  const decapKey = String(record.ids.external);
  if (members.length === 0) {
    if (!record.replicated) return;
    tables.remove('replication', record.ip.text);
    tables.remove('decap', decapKey);
    return;
  }
  if (!record.replicated) tables.insert('replication', record.ip.text, replicationEntry(record));
  if (JSON.stringify(externalPorts(record.members)) === JSON.stringify(externalPorts(members))) return;
  const referrer = groups.references.get(record.ip.key);
  const vlan = (referrer && groups.get(referrer)?.vlan) ?? null;
  if (record.replicated) tables.update('decap', decapKey, decapEntry(members, vlan));
  else tables.insert('decap', decapKey, decapEntry(members, vlan));
}

function replicationEntry(record: GroupRecord): { externalGroup: number; underlayGroup: number } {
  return { externalGroup: record.ids.external, underlayGroup: record.ids.underlay };
}

/** Indexed by the number of a port without its kind: `rear5` and `qsfp5` share a bit. */
export function decapEntry(members: Member[], vlan: number | null): { ports: number[]; vlan: number | null } {
  return { ports: externalPorts(members), vlan };
}

function externalPorts(members: Member[]): number[] {
  return members
    .filter((member) => member.direction === 'External')
    .map((member) => Number(member.port.replace(/\D+/, '')));
}
