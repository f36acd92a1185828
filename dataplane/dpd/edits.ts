/**
 * One edit of a group as one HTTP request, for API 8 and later. Invariant: what leaves here is well-formed for the
 * daemon (ports, tag, MAC, VLAN), names no member twice, and never says null for "any source".
 */
import type { z } from 'zod';
import { CodedError } from '../../domain/errors';
import type { PortMember, SwitchEdit } from '../../domain/switch-config';
import type { Call } from './transport';
import { CreateExternal, CreateUnderlay, DeleteGroup, UpdateExternal, UpdateUnderlay } from './wire';

type ExternalEdit = Extract<SwitchEdit, { op: 'createExternal' }>['external'];

/** Throws CodedError Refused for an edit that the daemon must not be sent. */
export function callFor(edit: SwitchEdit): Call {
  switch (edit.op) {
    case 'createUnderlay': {
      const body = { group_ip: edit.ip, tag: edit.tag, members: members(edit.members) };
      return { method: 'POST', path: '/multicast/underlay-groups', body: wellFormed(edit, CreateUnderlay, body) };
    }
    case 'replaceMembers': {
      const body = wellFormed(edit, UpdateUnderlay, { members: members(edit.members) });
      return { method: 'PUT', path: `/multicast/underlay-groups/${edit.ip}${tagQuery(edit.tag)}`, body };
    }
    case 'createExternal': {
      const body = { group_ip: edit.external.ip, tag: edit.external.tag, ...forwarding(edit.external) };
      return { method: 'POST', path: '/multicast/external-groups', body: wellFormed(edit, CreateExternal, body) };
    }
    case 'replaceExternal': {
      const { ip, tag } = edit.external;
      const body = wellFormed(edit, UpdateExternal, forwarding(edit.external));
      return { method: 'PUT', path: `/multicast/external-groups/${ip}${tagQuery(tag)}`, body };
    }
    case 'deleteExternal':
    case 'deleteUnderlay': {
      const { group_ip, tag } = wellFormed(edit, DeleteGroup, { group_ip: edit.ip, tag: edit.tag });
      return { method: 'DELETE', path: `/multicast/groups/${group_ip}${tagQuery(tag)}` };
    }
  }
}

const tagQuery = (tag: string): string => `?tag=${encodeURIComponent(tag)}`;

export function members(wanted: PortMember[]): z.input<typeof UpdateUnderlay>['members'] {
  const distinct = new Map(wanted.map((member) => [`${member.port} ${member.direction}`, member]));
  return [...distinct.values()].map(({ port, direction }) => ({ port_id: port, link_id: 0, direction }));
}

export function forwarding({ nat, vlan, sources }: ExternalEdit) {
  const inner_mac = { a: nat.mac.split(':').map((octet) => parseInt(octet, 16)) };
  return {
    internal_forwarding: { nat_target: { internal_ip: nat.underlayIp, inner_mac, vni: nat.vni } },
    external_forwarding: { vlan_id: vlan },
    sources: [...new Set(sources)].map((source) => ({ Exact: source })),
  };
}

export function wellFormed<S extends z.ZodType>(edit: SwitchEdit, schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const ip = 'external' in edit ? edit.external.ip : edit.ip;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new CodedError('Refused', `${edit.op} ${ip} not sent: ${faults}`);
}
