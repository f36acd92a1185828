/** The wire schemas alone: what passes, what is refused and where, and how the two versions differ. */
import {
  firstFault,
  InstanceEnsureBodyV4,
  InstanceEnsureBodyV5,
  InstanceMulticastBody,
  InstanceSledLocalConfigV4,
  InstanceSledLocalConfigV5,
} from '../../dataplane/sled-agent/wire';
import { ASM, bodyV4, bodyV5, localConfigV4, nic, SSM } from './sled-agent-bodies';

test('the local configuration of version 4 has no groups, that of version 5 must have them', () => {
  const v4 = { ...localConfigV4(), nics: [] };
  expect(InstanceSledLocalConfigV4.parse(v4)).not.toHaveProperty('multicast_groups');
  const refused = InstanceSledLocalConfigV5.safeParse(v4);
  expect(refused.success).toBe(false);
  expect(firstFault(refused.error!)).toContain('multicast_groups');
  const v5 = InstanceSledLocalConfigV5.parse({ ...v4, multicast_groups: [SSM] });
  expect(v5.multicast_groups).toEqual([SSM]);
});

test('unknown fields are ignored, except in the hardware, which is exact', () => {
  const body = { ...bodyV5([ASM]), later: 1 };
  expect(InstanceEnsureBodyV5.parse(body)).not.toHaveProperty('later');
  expect(InstanceEnsureBodyV4.parse(body).local_config).not.toHaveProperty('multicast_groups');
  const odd = { ...body, vmm_spec: { ...body.vmm_spec, later: 1 } };
  expect(firstFault(InstanceEnsureBodyV5.safeParse(odd).error!)).toBe('vmm_spec: Unrecognized key: "later"');
});

test('a full configuration passes', () => {
  const host = nic();
  const body = bodyV4({
    ...localConfigV4(),
    ephemeral_ip: '10.0.0.9',
    floating_ips: ['fd00::5'],
    nics: [host, nic(false)],
    firewall_rules: [
      {
        action: 'allow',
        direction: 'inbound',
        filter_hosts: [
          { type: 'ip', value: 'fd00::/64' },
          { type: 'vpc', value: 77 },
        ],
        filter_ports: ['22', '80-90'],
        filter_protocols: [{ type: 'tcp' }, { type: 'icmp', value: { icmp_type: 8, code: '0-3' } }],
        priority: 65535,
        status: 'enabled',
        targets: [host],
      },
    ],
    multicast_groups: [ASM, { group_ip: 'ff3e::1', sources: ['fd00::1'] }],
  });
  const path = { bus: 0, device: 4, function: 0 };
  body.vmm_spec.components = {
    disk: { type: 'nvme_disk', component: { backend_id: 'b', pci_path: path, serial_number: Array(20).fill(7) } },
    b: { type: 'crucible_storage_backend', component: { readonly: false, request_json: '{}' } },
    f: { type: 'file_storage_backend', component: { block_size: 512, path: '/x', readonly: true, workers: 8 } },
    net: { type: 'virtio_nic', component: { backend_id: 'n', interface_id: host.id, pci_path: path } },
    boot: { type: 'boot_settings', component: { order: [{ id: 'disk' }] } },
  };
  expect(InstanceEnsureBodyV5.safeParse(body).error).toBeUndefined();
});

const wrong: [string, (body: any) => void, string][] = [
  ['a missing field', (body) => delete body.instance_id, 'instance_id: '],
  ['a NIC', (body) => (body.local_config.nics[0].mac = 'no'), 'local_config.nics[0].mac: invalid MAC address'],
  ['a VNI', (body) => (body.local_config.nics[0].vni = 2 ** 24), 'local_config.nics[0].vni: '],
  ['a subnet', (body) => (body.local_config.nics[0].subnet = '1.2.3.4/33'), 'local_config.nics[0].subnet: '],
  [
    'a source',
    (body) => (body.local_config.multicast_groups[0].sources = ['1.2.3']),
    'groups[0].sources[0]: invalid IP',
  ],
  ['an IPv4 address in octal', (body) => (body.local_config.floating_ips = ['010.1.1.1']), 'floating_ips[0]: '],
  ['an IPv6 zone', (body) => (body.local_config.floating_ips = ['fe80::1%eth0']), 'floating_ips[0]: '],
  ['an address without port', (body) => (body.propolis_addr = 'fd00::1'), 'propolis_addr: invalid socket address'],
  ['a state', (body) => (body.vmm_runtime.state = 'asleep'), 'vmm_runtime.state: '],
  ['a time', (body) => (body.vmm_runtime.time_updated = 'now'), 'vmm_runtime.time_updated: '],
  ['a component type', (body) => (body.vmm_spec.components.x = { type: 'gpu' }), 'vmm_spec.components.x.type: '],
  ['a host name', (body) => (body.local_config.hostname = 'a-.b'), 'local_config.hostname: invalid host name'],
  ['a UUID as a name', (body) => (body.local_config.nics[0].name = body.instance_id), 'local_config.nics[0].name: '],
];

test.each(wrong)('%s that is wrong is named by its path', (_what, spoil, expected) => {
  const body = bodyV5([ASM]);
  spoil(body);
  const parsed = InstanceEnsureBodyV5.safeParse(body);
  expect(firstFault(parsed.error!)).toContain(expected);
});

test('a membership body is exactly one of join and leave', () => {
  expect(InstanceMulticastBody.safeParse({ join: ASM }).success).toBe(true);
  expect(InstanceMulticastBody.safeParse({ leave: SSM }).success).toBe(true);
  for (const body of [
    {},
    { join: ASM, leave: ASM },
    { part: ASM },
    { join: ASM, more: 1 },
    { join: { group_ip: '239.1.1.1' } },
  ]) {
    expect(InstanceMulticastBody.safeParse(body).success).toBe(false);
  }
  expect(firstFault(InstanceMulticastBody.safeParse({ join: { group_ip: 'x', sources: [] } }).error!)).toBe(
    'join.group_ip: invalid IP address syntax',
  );
});
