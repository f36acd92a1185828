/**
 * A multicast packet as somebody describes it, and as it stands on a wire. Invariant: a `Packet` is consistent (one
 * address family, a multicast destination), so that everything after it only decides what becomes of it.
 */
import { z } from 'zod';
import { isMulticast, parseIp, type Ip } from '../switch/addresses';

const Address = z.string().transform((text, context) => {
  const ip = parseIp(text);
  if (ip === null) context.addIssue({ code: 'custom', message: `not an IP address: ${text}` });
  return ip ?? z.NEVER;
});

/**
 * Which members the sender's packet engine asks the switch to serve: 0 = External, 1 = Underlay, 2 = both; null = it
 * says nothing, which also means both, but nothing is decapsulated.
 */
const ReplicationTag = z.union([z.literal(0), z.literal(1), z.literal(2), z.null()]);
export type ReplicationTag = z.output<typeof ReplicationTag>;

const sledIngress = {
  replication: ReplicationTag.default(2),
  /** Outer destination; by default what the control plane has given the group, as far as a switch shows it. */
  underlay: Address.optional(),
};

/** Where the packet enters: a port of one switch, plain; or a guest, whose sled wraps it in Geneve. */
const Ingress = z.union([
  z.strictObject({ switch: z.string(), port: z.string().regex(/^(int|rear|qsfp)\d{1,2}(\/\d)?$/, 'not a port') }),
  z.strictObject({ instance: z.string(), ...sledIngress }),
  z.strictObject({ vmm: z.string(), ...sledIngress }),
]);
export type Ingress = z.output<typeof Ingress>;

export const Packet = z
  .strictObject({
    source: Address,
    destination: Address,
    /** Tag it carries into a switch port; null = untagged. A guest's packets carry none. */
    vlan: z.int().min(1).max(4095).nullable().default(null),
    protocol: z.string().toLowerCase().default('udp'),
    /** TTL or hop limit. */
    ttl: z.int().min(0).max(255).default(64),
    /** Destination MAC, `aa:bb:…`; by default the one that belongs to the destination. */
    mac: z.string().toLowerCase().optional(),
    ingress: Ingress,
  })
  .refine(({ source, destination }) => source.family === destination.family, {
    error: 'source and destination are of different families',
  })
  .refine(({ destination }) => isMulticast(destination), { error: 'the destination is not multicast' });
export type PacketInput = z.input<typeof Packet>;
export type Packet = z.output<typeof Packet>;

/** What the guests see. */
export type Inner = Pick<Packet, 'source' | 'destination' | 'protocol' | 'ttl'>;

export interface PlainFrame {
  kind: 'plain';
  inner: Inner;
  vlan: number | null;
  /** Destination MAC. */
  mac: string;
}

export interface GeneveFrame {
  kind: 'geneve';
  outer: Ip;
  hopLimit: number;
  tag: ReplicationTag;
  inner: Inner;
}

export type Frame = PlainFrame | GeneveFrame;

/** Hop limit that the sleds and the switches give a packet they wrap. */
const FRESH_HOP_LIMIT = 255;

export function plain({ source, destination, protocol, ttl, vlan, mac }: Packet): PlainFrame {
  const inner = { source, destination, protocol, ttl };
  return { kind: 'plain', inner, vlan, mac: mac ?? multicastMac(destination) };
}

export function geneve(inner: Inner, outer: Ip, tag: ReplicationTag): GeneveFrame {
  const { source, destination, protocol, ttl } = inner;
  return { kind: 'geneve', outer, hopLimit: FRESH_HOP_LIMIT, tag, inner: { source, destination, protocol, ttl } };
}

/** `01:00:5e` and the low 23 bits, or `33:33` and the low 32. */
export function multicastMac(destination: Ip): string {
  const value =
    destination.family === 4
      ? 0x01005e000000n | (destination.value & 0x7fffffn)
      : 0x333300000000n | (destination.value & 0xffffffffn);
  return (value.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');
}
