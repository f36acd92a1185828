/**
 * Wire shapes of a VM's network configuration as the sled agent reads them: NICs, NAT, firewall rules, DHCP.
 * Invariant: what passes here is what the agent's own parser accepts. Fields it does not know are ignored, as it ignores them.
 */
import { isIP } from 'node:net';
import { z } from 'zod';

export const Uuid = z.guid();

/** An address of either family, without zone or prefix length. */
export const IpAddress = z.string().refine(isAddress, { error: 'invalid IP address syntax' });

/** `address/prefix-length`. */
export const IpNet = z.string().refine(isNetwork, { error: 'invalid IP network syntax' });

/** `address:port`, an IPv6 address in brackets. */
export const SocketAddress = z.string().refine(isSocketAddress, { error: 'invalid socket address syntax' });

export const U8 = uint(0xff);
export const U16 = uint(0xffff);
export const U32 = uint(0xffff_ffff);
/** 64 bits on the wire; here up to what a JSON number carries exactly. */
export const U64 = uint(Number.MAX_SAFE_INTEGER);
/** 24-bit network identifier of Geneve. */
export const Vni = uint(0xff_ffff);

export const MacAddress = z.string().regex(/^([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}$/, 'invalid MAC address');

const Name = z
  .string()
  .max(63)
  .regex(/^[a-z]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/, 'a name begins with a lower-case letter and does not end with a hyphen')
  .refine((text) => !Uuid.safeParse(text).success, { error: 'a name must not look like a UUID' });

export const Hostname = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/, 'invalid host name');

const NetworkInterfaceKind = z.discriminatedUnion('type', [
  z.object({ type: z.literal('instance'), id: Uuid }),
  z.object({ type: z.literal('service'), id: Uuid }),
  z.object({ type: z.literal('probe'), id: Uuid }),
]);

/** A virtual NIC. The primary one is the one that multicast groups are accepted on. */
export const NetworkInterface = z.object({
  id: Uuid,
  ip: IpAddress,
  kind: NetworkInterfaceKind,
  mac: MacAddress,
  name: Name,
  primary: z.boolean(),
  slot: U8,
  subnet: IpNet,
  transit_ips: z.array(IpNet).default([]),
  vni: Vni,
});

export const SourceNatConfig = z.object({ ip: IpAddress, first_port: U16, last_port: U16 });

export const DhcpConfig = z.object({
  dns_servers: z.array(IpAddress),
  host_domain: z.string().nullish(),
  search_domains: z.array(z.string()),
});

const HostIdentifier = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ip'), value: IpNet }),
  z.object({ type: z.literal('vpc'), value: Vni }),
]);

const IcmpFilter = z.object({
  icmp_type: U8,
  code: z
    .string()
    .regex(/^[0-9]{1,3}(-[0-9]{1,3})?$/, 'invalid ICMP code range')
    .nullish(),
});

const FirewallProtocol = z.discriminatedUnion('type', [
  z.object({ type: z.literal('tcp') }),
  z.object({ type: z.literal('udp') }),
  z.object({ type: z.literal('icmp'), value: IcmpFilter.nullable() }),
]);

export const FirewallRule = z.object({
  action: z.enum(['allow', 'deny']),
  direction: z.enum(['inbound', 'outbound']),
  filter_hosts: z.array(HostIdentifier).nullish(),
  filter_ports: z.array(z.string().regex(/^[0-9]{1,5}(-[0-9]{1,5})?$/, 'invalid port range')).nullish(),
  filter_protocols: z.array(FirewallProtocol).nullish(),
  priority: U16,
  status: z.enum(['disabled', 'enabled']),
  targets: z.array(NetworkInterface),
});

function uint(max: number): z.ZodInt {
  return z.int().min(0).max(max);
}

/** `isIP` takes a zone, the agent does not. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

function isNetwork(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  if (rest.length > 0 || !isAddress(address) || !/^(0|[1-9][0-9]{0,2})$/.test(length)) return false;
  return Number(length) <= (isIP(address) === 4 ? 32 : 128);
}

function isSocketAddress(text: string): boolean {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  if (parts === null || Number(parts[3]) > 0xffff) return false;
  return parts[1] === undefined ? isIP(parts[2] ?? '') === 4 : isAddress(parts[1]) && isIP(parts[1]) === 6;
}
