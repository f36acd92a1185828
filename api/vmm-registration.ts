/**
 * The VMM registration that an event carries for a sled's agent, judged when the event is accepted: a body that no agent would
 * take is refused with the path of the wrong field. The client of the sleds has the whole wire, hardware included, and the API
 * may not know it: here stands what Nexus fills in itself. Invariant: the body is judged, never changed, and never refused
 * for a field that is not known here.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { Uuid } from './wire';

const Ip = z.string().refine((text) => isIP(text) !== 0 && !text.includes('%'), 'expected an IP address');
const U16 = z.int().min(0).max(0xffff);
const Generation = z.int().min(0);

const Nic = z.object({
  id: Uuid,
  ip: Ip,
  kind: z.object({ type: z.enum(['instance', 'service', 'probe']), id: Uuid }),
  mac: z.string().regex(/^([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}$/, 'expected a MAC address'),
  name: z.string().min(1).max(63),
  primary: z.boolean(),
  slot: z.int().min(0).max(0xff),
  subnet: z.string(),
  vni: z.int().min(0).max(0xff_ffff),
});

/** As version 4 has it; the groups that version 5 adds are filled in when it is sent. */
const LocalConfig = z.object({
  hostname: z.string().min(1).max(253),
  nics: z.array(Nic),
  source_nat: z.object({ ip: Ip, first_port: U16, last_port: U16 }),
  ephemeral_ip: Ip.nullish(),
  floating_ips: z.array(Ip),
  firewall_rules: z.array(z.object({ priority: U16, targets: z.array(Nic) })),
  dhcp_config: z.object({
    dns_servers: z.array(Ip),
    host_domain: z.string().nullish(),
    search_domains: z.array(z.string()),
  }),
});

const Registration = z.object({
  vmm_spec: z.object({ board: z.object({}), components: z.record(z.string(), z.unknown()) }),
  local_config: LocalConfig,
  vmm_runtime: z.object({
    state: z.enum(['starting', 'running', 'stopping', 'stopped', 'rebooting', 'migrating', 'failed', 'destroyed']),
    gen: Generation,
    time_updated: z.iso.datetime({ offset: true }),
  }),
  instance_id: Uuid,
  migration_id: Uuid.nullish(),
  propolis_addr: z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[0-9.]+):\d{1,5}$/, 'expected address:port'),
  metadata: z.object({ silo_id: Uuid, project_id: Uuid }),
});

/** What is wrong with it, for a schema that keeps the body as it came. */
export function judgeRegistration(body: Record<string, unknown>, context: z.RefinementCtx): void {
  const { error } = Registration.safeParse(body);
  for (const { path, message } of error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
}
