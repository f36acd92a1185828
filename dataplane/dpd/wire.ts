/**
 * What goes over the wire to and from the switch daemon (DPD), as zod schemas: API 8 and later, and API 1 where it
 * differs.
 *
 * Invariant: a request that passes its schema here is well-formed for the daemon. That matters for the tag above all:
 * the daemon checks its format only after it has programmed the tables, and an ill-formed one blocks every later group.
 */
import { z } from 'zod';

/** Largest request body the daemon reads, in bytes. */
export const BODY_LIMIT = 10_240;
/** Page size if none is asked for, and the size larger requests are cut to. */
export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 10_000;

export const Uptime = z.int().nonnegative();
export const PortId = z.string().regex(/^(int0|(rear|qsfp)([0-9]|[12][0-9]|3[01]))$/, 'not a port of a sidecar');
export const PortList = z.array(z.string());
const Direction = z.enum(['Underlay', 'External']);
const Tag = z.string().regex(/^[A-Za-z0-9_.:-]{1,80}$/, 'a tag has 1 to 80 characters of A-Z a-z 0-9 _ . : -');
const Octet = z.int().min(0).max(255);
export const MacAddr = z.object({ a: z.tuple([Octet, Octet, Octet, Octet, Octet, Octet]) });
const Ip = z.union([z.ipv4(), z.ipv6()]);

export const Member = z.object({ port_id: z.string(), link_id: Octet, direction: Direction });
export const NatTarget = z.object({ internal_ip: z.ipv6(), inner_mac: MacAddr, vni: z.int().min(0).max(0xff_ffff) });
export const InternalForwarding = z.object({ nat_target: NatTarget.nullable() });
export const ExternalForwarding = z.object({ vlan_id: z.int().min(0).max(0xffff).nullable() });
/** `Any` came with API 7; before that there was `Subnet`. A reader takes all three. */
export const IpSource = z.union([z.literal('Any'), z.object({ Exact: Ip }), z.object({ Subnet: z.string() })]);

const GroupId = z.int().min(0).max(0xffff);
export const UnderlayGroup = z.object({
  group_ip: Ip,
  external_group_id: GroupId,
  underlay_group_id: GroupId,
  /** Null only from API 1, where groups without a tag exist. */
  tag: z.string().nullable(),
  members: z.array(Member),
});
export const ExternalGroup = z.object({
  group_ip: Ip,
  external_group_id: GroupId,
  tag: z.string().nullable(),
  internal_forwarding: InternalForwarding,
  external_forwarding: ExternalForwarding,
  sources: z.array(IpSource).nullable(),
});
export const Group = z.discriminatedUnion('kind', [
  UnderlayGroup.extend({ kind: z.literal('underlay') }),
  ExternalGroup.extend({ kind: z.literal('external') }),
]);
/** `next_page` is set whenever the page has items, also on the last one: only an empty page ends a scan. */
export const GroupPage = z.object({ items: z.array(Group), next_page: z.string().nullable() });

// Requests: narrower than what the daemon would take, because what it takes is not always good for it.
const RequestMember = z.object({ port_id: PortId, link_id: z.literal(0), direction: Direction });
const RequestNat = NatTarget.extend({
  internal_ip: z.ipv6().startsWith('ff04::', 'the NAT target lies in ff04::/64'),
  inner_mac: MacAddr.refine((mac) => (mac.a[0] & 1) === 1, 'the inner MAC is a multicast address'),
});
const RequestForwarding = {
  internal_forwarding: z.object({ nat_target: RequestNat }),
  external_forwarding: z.object({ vlan_id: z.int().min(2).max(4094).nullable() }),
  /** Never null: a null in an update changes the hardware and leaves the record. `[]` means any source. */
  sources: z.array(z.object({ Exact: Ip })),
};
export const UpdateUnderlay = z.object({ members: z.array(RequestMember) });
export const CreateUnderlay = UpdateUnderlay.extend({ group_ip: z.ipv6(), tag: Tag });
export const UpdateExternal = z.object(RequestForwarding);
export const CreateExternal = UpdateExternal.extend({ group_ip: Ip, tag: Tag });
/** What a deletion names; the tag goes unused where API 1 has no place for it. */
export const DeleteGroup = z.object({ group_ip: Ip, tag: z.string() });
/** API 1 has the tag in the body of an update, not in its query, and takes none for a deletion. */
export const UpdateUnderlayV1 = UpdateUnderlay.extend({ tag: Tag });
export const UpdateExternalV1 = UpdateExternal.extend({ tag: Tag });

export type Group = z.infer<typeof Group>;
export type Member = z.infer<typeof Member>;
export type NatTarget = z.infer<typeof NatTarget>;
export type IpSource = z.infer<typeof IpSource>;
