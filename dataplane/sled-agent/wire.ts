/**
 * The sled agent's wire in versions 4 and 5, in one place: VMM registration, VMM state, multicast membership, errors.
 * Version 5 differs in one required field of the registration (`local_config.multicast_groups`) and in the two membership
 * endpoints. Invariant: a wrong body is refused with the path of the wrong field; an unknown field is ignored.
 */
import { z } from 'zod';
import {
  DhcpConfig,
  FirewallRule,
  Hostname,
  IpAddress,
  NetworkInterface,
  SocketAddress,
  SourceNatConfig,
  U64,
  Uuid,
} from './wire-network';
import { VmmSpec } from './wire-vmm-spec';

/** Major version of the agent's API; on the wire it is the header `api-version: 5.0.0`. */
export type ApiVersion = 4 | 5;

/** A VM accepts `group_ip` from `sources`; no sources = from anyone. The agent compares address and sources together. */
export const InstanceMulticastMembership = z.object({ group_ip: IpAddress, sources: z.array(IpAddress) });
export type InstanceMulticastMembership = z.output<typeof InstanceMulticastMembership>;

/** Exactly one of `{join}` and `{leave}`. One object rather than a union, so that an error has the path of the field. */
export const InstanceMulticastBody = z
  .strictObject({ join: InstanceMulticastMembership.optional(), leave: InstanceMulticastMembership.optional() })
  .refine((body) => (body.join === undefined) !== (body.leave === undefined), {
    error: 'expected exactly one of `join` and `leave`',
  });
export type InstanceMulticastBody = { join: InstanceMulticastMembership } | { leave: InstanceMulticastMembership };

export const InstanceSledLocalConfigV4 = z.object({
  hostname: Hostname,
  nics: z.array(NetworkInterface),
  source_nat: SourceNatConfig,
  ephemeral_ip: IpAddress.nullish(),
  floating_ips: z.array(IpAddress),
  firewall_rules: z.array(FirewallRule),
  dhcp_config: DhcpConfig,
});

export const InstanceSledLocalConfigV5 = InstanceSledLocalConfigV4.extend({
  multicast_groups: z.array(InstanceMulticastMembership),
});

export const VmmRuntimeState = z.object({
  state: z.enum(['starting', 'running', 'stopping', 'stopped', 'rebooting', 'migrating', 'failed', 'destroyed']),
  gen: U64,
  time_updated: z.iso.datetime({ offset: true }),
});
export type VmmRuntimeState = z.output<typeof VmmRuntimeState>;

export const MigrationRuntimeState = z.object({
  migration_id: Uuid,
  state: z.enum(['pending', 'in_progress', 'failed', 'completed']),
  gen: U64,
  time_updated: z.iso.datetime({ offset: true }),
});

/** What registration and `GET …/state` answer. */
export const SledVmmState = z.object({
  vmm_state: VmmRuntimeState,
  migration_in: MigrationRuntimeState.nullish(),
  migration_out: MigrationRuntimeState.nullish(),
});
export type SledVmmState = z.output<typeof SledVmmState>;

const registration = {
  vmm_spec: VmmSpec,
  vmm_runtime: VmmRuntimeState,
  instance_id: Uuid,
  migration_id: Uuid.nullish(),
  propolis_addr: SocketAddress,
  metadata: z.object({ silo_id: Uuid, project_id: Uuid }),
};

/** Registration body of version 4. A version-5 body passes too, its extra field ignored. */
export const InstanceEnsureBodyV4 = z.object({ ...registration, local_config: InstanceSledLocalConfigV4 });
export const InstanceEnsureBodyV5 = z.object({ ...registration, local_config: InstanceSledLocalConfigV5 });
export type InstanceEnsureBody = z.output<typeof InstanceEnsureBodyV5>;

export const VmmPutStateBody = z.object({
  state: z.discriminatedUnion('type', [
    z.object({ type: z.literal('migration_target'), value: z.object({ src_propolis_addr: SocketAddress }) }),
    z.object({ type: z.literal('running') }),
    z.object({ type: z.literal('stopped') }),
    z.object({ type: z.literal('reboot') }),
  ]),
});
export type VmmStateRequested = z.output<typeof VmmPutStateBody>['state']['type'];

/** Answer of `PUT …/state` and of unregistration; null = the agent did not know the VMM. */
export interface VmmUpdateResponse {
  updated_runtime: SledVmmState | null;
}

/** The first wrong field, as `local_config.nics[0].mac: invalid MAC address`. */
export function firstFault(error: z.ZodError): string {
  const fault = error.issues[0];
  if (fault === undefined) return 'invalid body';
  // An unrecognised key belongs to its parent's path; the key itself is in the message.
  const path = z.core.toDotPath(fault.path);
  return path === '' ? fault.message : `${path}: ${fault.message}`;
}
