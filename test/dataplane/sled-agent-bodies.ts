/** Registration bodies and plain HTTP for the sled-agent suites. */
import { randomUUID } from 'node:crypto';
import type { ApiVersion, InstanceMulticastMembership } from '../../dataplane/sled-agent/wire';

export const ASM: InstanceMulticastMembership = { group_ip: '239.1.1.1', sources: [] };
export const SSM: InstanceMulticastMembership = { group_ip: '232.1.1.1', sources: ['192.168.1.10', '192.168.1.11'] };

export function nic(primary = true) {
  return {
    id: randomUUID(),
    ip: '172.30.0.5',
    kind: { type: 'instance', id: randomUUID() },
    mac: 'a8:40:25:00:00:01',
    name: primary ? 'net0' : 'net1',
    primary,
    slot: primary ? 0 : 1,
    subnet: '172.30.0.0/22',
    transit_ips: [],
    vni: 4096,
  };
}

export function localConfigV4() {
  return {
    hostname: 'test-v4',
    nics: [nic()],
    source_nat: { ip: '10.1.1.1', first_port: 0, last_port: 16383 },
    ephemeral_ip: null as string | null,
    floating_ips: [] as string[],
    firewall_rules: [] as unknown[],
    dhcp_config: { dns_servers: ['1.1.1.1'], host_domain: null, search_domains: [] },
  };
}

/** A registration of version 4. */
export function bodyV4(localConfig: object = localConfigV4()) {
  return {
    vmm_spec: {
      board: { chipset: { type: 'i440_fx', value: { enable_pcie: false } }, cpus: 2, memory_mb: 2048 },
      components: { com1: { type: 'serial_port', component: { num: 'com1' } } } as Record<string, unknown>,
    },
    local_config: localConfig,
    vmm_runtime: { state: 'starting', gen: 1, time_updated: '2025-01-02T03:04:05.678Z' },
    instance_id: randomUUID(),
    migration_id: null,
    propolis_addr: '[fd00:1122:3344:101::1]:12400',
    metadata: { silo_id: randomUUID(), project_id: randomUUID() },
  };
}

/** The same in version 5. */
export function bodyV5(groups: InstanceMulticastMembership[] = []) {
  return bodyV4({ ...localConfigV4(), multicast_groups: structuredClone(groups) });
}

/** One request by hand; `version` is put into the header as it is, null leaves the header out. */
export async function raw(
  url: string,
  method: string,
  path: string,
  version: ApiVersion | string | null,
  body?: unknown,
): Promise<{ status: number; json: any; headers: Headers }> {
  const headers: Record<string, string> = {};
  if (version !== null) headers['api-version'] = typeof version === 'number' ? `${version}.0.0` : version;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await fetch(url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? null : JSON.parse(text), headers: answer.headers };
}
