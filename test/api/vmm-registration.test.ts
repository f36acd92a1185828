/** The VMM registration of an event: what no sled's agent would take is refused at the door, with the path of the wrong field. */
import { randomUUID } from 'node:crypto';
import { InstanceEvent } from '../../api/lifecycle-event';
import { describeIssues } from '../../api/errors';
import { InstanceEnsureBodyV4 } from '../../dataplane/sled-agent/wire';
import { ASM, bodyV4, bodyV5, localConfigV4, nic } from '../dataplane/sled-agent-bodies';

const start = (registration: unknown) =>
  InstanceEvent.safeParse({
    kind: 'start',
    event_id: randomUUID(),
    generation: 1,
    sled_id: randomUUID(),
    propolis_id: randomUUID(),
    vmm_registration: registration,
  });

test.each([
  ['a body of version 4', bodyV4()],
  ['a body of version 5', bodyV5([ASM])],
  ['fields that nobody knows yet', { ...bodyV4({ ...localConfigV4(), later: [1] }), later: { a: 1 } }],
  [
    'firewall rules, two NICs and addresses of both families',
    bodyV4({
      ...localConfigV4(),
      nics: [nic(), nic(false)],
      floating_ips: ['fd00::5', '10.0.0.9'],
      firewall_rules: [{ action: 'allow', direction: 'inbound', priority: 65535, status: 'enabled', targets: [nic()] }],
    }),
  ],
])('%s passes, unchanged', (_what, body) => {
  expect(InstanceEnsureBodyV4.safeParse(body).success).toBe(true);
  const parsed = start(body);
  expect(parsed.error).toBeUndefined();
  // In the order of its keys, too.
  expect(JSON.stringify((parsed.data as { vmm_registration: unknown }).vmm_registration)).toBe(JSON.stringify(body));
});

const wrong: [string, (body: any) => void][] = [
  ['instance_id', (body) => delete body.instance_id],
  ['vmm_spec', (body) => delete body.vmm_spec],
  ['vmm_spec.board', (body) => delete body.vmm_spec.board],
  ['vmm_runtime.state', (body) => (body.vmm_runtime.state = 'asleep')],
  ['vmm_runtime.time_updated', (body) => (body.vmm_runtime.time_updated = 'now')],
  ['propolis_addr', (body) => (body.propolis_addr = 'fd00::1')],
  ['metadata.silo_id', (body) => (body.metadata.silo_id = 7)],
  ['migration_id', (body) => (body.migration_id = 'none')],
  ['local_config', (body) => delete body.local_config],
  ['local_config.hostname', (body) => (body.local_config.hostname = '')],
  ['local_config.nics[0].mac', (body) => (body.local_config.nics[0].mac = 'no')],
  ['local_config.nics[0].vni', (body) => (body.local_config.nics[0].vni = 2 ** 24)],
  ['local_config.floating_ips[0]', (body) => (body.local_config.floating_ips = ['010.1.1.1'])],
  ['local_config.source_nat.last_port', (body) => (body.local_config.source_nat.last_port = 70_000)],
  ['local_config.dhcp_config.dns_servers', (body) => delete body.local_config.dhcp_config.dns_servers],
  ['local_config.firewall_rules[0].targets', (body) => (body.local_config.firewall_rules = [{ priority: 1 }])],
];

test.each(wrong)('%s is named where it is wrong', (path, spoil) => {
  const body = bodyV4();
  spoil(body);
  expect(InstanceEnsureBodyV4.safeParse(body).success).toBe(false);
  expect(describeIssues(start(body).error?.issues ?? [])).toMatch(`vmm_registration.${path}: `);
});
