/**
 * The switch client against the switch simulator, at both API levels: groups, paging, what is never sent.
 */
import type { SwitchEdit } from '../../domain/switch-config';
import { send } from './switch-calls';
import {
  underlayIp,
  mac,
  tag,
  rear,
  external,
  makeUnderlay,
  replaceMembers,
  makeExternal,
  deleteUnderlay,
  deleteExternal,
  start,
  connect,
  coded,
  collect,
} from './dpd-harness';

describe.each([13, 1] as const)('the life of a group on a daemon of API %i', (apiLevel) => {
  test('create, read, change, delete, delete again', async () => {
    const { address, state } = await start({ apiLevel });
    const client = connect(address);
    const addresses = { underlayIp, externalIp: '224.2.0.1' };
    expect(await client.readGroup(addresses)).toEqual({ underlay: null, external: null });

    await client.apply(makeUnderlay(rear(4, 10, 4)));
    await client.apply(makeExternal({ vlan: 100 }));
    expect(await client.readGroup(addresses)).toEqual({
      underlay: { kind: 'underlay', ip: underlayIp, tag, members: rear(4, 10) },
      external: external({ vlan: 100 }),
    });

    await client.apply(replaceMembers(...rear(10), { port: 'qsfp3', direction: 'External' }));
    await client.apply({ op: 'replaceExternal', external: external({ vlan: 200, nat: { underlayIp, mac, vni: 99 } }) });
    const changed = await client.readGroup(addresses);
    expect(changed.underlay?.members).toEqual([...rear(10), { port: 'qsfp3', direction: 'External' }]);
    expect(changed.external).toMatchObject({ vlan: 200, nat: { vni: 99 }, sources: [] });
    expect(state.dump().replication).toEqual([{ group_ip: underlayIp, external: ['qsfp3/0'], underlay: ['rear10/0'] }]);

    for (const edit of [deleteExternal, deleteUnderlay, deleteExternal, deleteUnderlay]) await client.apply(edit);
    expect(await client.readGroup(addresses)).toEqual({ underlay: null, external: null });
    expect(state.requests.summary().writes).toBe(8);
  });

  test('sources of a source-specific group', async () => {
    const client = connect((await start({ apiLevel })).address);
    await client.apply(makeUnderlay());
    await client.apply(makeExternal({ ip: '232.2.0.1', sources: ['10.0.0.1', '10.0.0.10', '10.0.0.9'] }));
    const { external: read } = await client.readGroup({ underlayIp, externalIp: '232.2.0.1' });
    expect(read?.sources).toEqual(['10.0.0.1', '10.0.0.10', '10.0.0.9']);
  });

  test('status and ports', async () => {
    const client = connect((await start({ apiLevel })).address);
    expect(await client.status()).toEqual({ uptimeSeconds: 0, apiVersion: apiLevel === 13 ? 8 : 1, multicast: true });
    const ports = await client.ports();
    expect([ports.length, ports[1], ports[64]]).toEqual([65, 'rear0', 'qsfp31']);
  });

  test('250 groups in pages, until the empty one', async () => {
    const { address, state } = await start({ apiLevel });
    const client = connect(address, { connections: 8 });
    const ips = Array.from({ length: 250 }, (_, index) => `ff04::${(index + 1).toString(16)}`);
    await Promise.all(ips.map((ip) => client.apply(makeUnderlay([], ip))));
    state.requests.clear();
    const pages = await collect(client.listGroups());
    expect(pages.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(pages.flat().map((object) => object.ip)).toEqual(ips);
    expect(state.requests.summary().requests).toBe(4);
    expect((await collect(client.listGroups(250))).length).toBe(1);
  });
});

describe('any source', () => {
  test('is written as an empty list, which also clears the sources there were', async () => {
    const { address } = await start();
    const client = connect(address);
    await client.apply(makeUnderlay());
    await client.apply(makeExternal({ sources: ['10.0.0.1'] }));
    await client.apply({ op: 'replaceExternal', external: external({ sources: [] }) });
    expect((await send(address, 'GET', '/multicast/groups/224.2.0.1')).body.sources).toBeNull();
    expect((await client.readGroup({ underlayIp, externalIp: '224.2.0.1' })).external?.sources).toEqual([]);
  });

  test('is all there is for an any-source group on API 1', async () => {
    const client = connect((await start({ apiLevel: 1 })).address);
    await client.apply(makeUnderlay());
    await expect(client.apply(makeExternal({ sources: ['10.0.0.1'] }))).rejects.toMatchObject(
      coded('Refused', /but sources were provided/),
    );
  });
});

describe('nothing harmful is sent', () => {
  const [long, ports] = ['x'.repeat(81), 'PortId'];
  test.each<[string, SwitchEdit, RegExp]>([
    ['a tag that would block the switch', { op: 'createUnderlay', ip: underlayIp, tag: 'a b', members: [] }, /tag/],
    ['a tag too long', { op: 'createUnderlay', ip: underlayIp, tag: long, members: [] }, /tag/],
    [
      `a port that is none (${ports})`,
      makeUnderlay([{ port: 'rear32', direction: 'Underlay' }]),
      /members\.0\.port_id/,
    ],
    ['a unicast MAC', makeExternal({ nat: { underlayIp, mac: '02:00:00:00:00:01', vni: 1 } }), /inner_mac.*multicast/],
    ['a broken MAC', makeExternal({ nat: { underlayIp, mac: '33:33', vni: 1 } }), /inner_mac/],
    ['a reserved VLAN', makeExternal({ vlan: 4095 }), /vlan_id/],
    ['a path that is no address', { op: 'deleteUnderlay', ip: 'ff04::1/../..', tag }, /group_ip/],
  ])('%s', async (_name, edit, text) => {
    const { address, state } = await start();
    await expect(connect(address).apply(edit)).rejects.toMatchObject(coded('Refused', text));
    expect(state.requests.summary().writes).toBe(0);
  });

  test('a body larger than the daemon reads', async () => {
    const { address, state } = await start();
    const sources = Array.from({ length: 500 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    await expect(connect(address).apply(makeExternal({ sources }))).rejects.toMatchObject(
      coded('Refused', /not sent: \d+ bytes.*10240/),
    );
    expect(state.requests.summary().writes).toBe(0);
  });
});

test('after an update that failed half-way, delete and create brings the switch to what is wanted', async () => {
  const { address, state } = await start();
  const client = connect(address);
  await client.apply(makeUnderlay(rear(0)));
  await client.apply(makeExternal());
  await expect(
    client.apply(replaceMembers(...rear(1), { port: 'qsfp31', direction: 'External' })),
  ).rejects.toMatchObject(coded('Refused', /400 no such port/));
  expect((await client.readGroup({ underlayIp, externalIp: '224.2.0.1' })).underlay?.members).toEqual(rear(0));
  expect(state.dump().replication[0]?.underlay).toEqual(['rear1/0']);
  await expect(client.apply(replaceMembers(...rear(1)))).rejects.toMatchObject(
    coded('ServerError', /500 Internal Server Error/),
  );

  for (const edit of [deleteExternal, deleteUnderlay, makeUnderlay(rear(1)), makeExternal()]) await client.apply(edit);
  expect(state.dump().replication).toEqual([{ group_ip: underlayIp, external: [], underlay: ['rear1/0'] }]);
});

test('what the domain cannot express stays a difference', async () => {
  const { address } = await start({ apiLevel: 1 });
  const v1 = { 'api-version': '1.0.0' };
  const member = { port_id: 'rear4', link_id: 1, direction: 'Underlay' };
  await send(address, 'POST', '/multicast/underlay-groups', { group_ip: underlayIp, members: [member] }, v1);
  const nat_target = { internal_ip: underlayIp, inner_mac: { a: [51, 51, 0, 0, 0, 1] }, vni: 1 };
  const foreign = { internal_forwarding: { nat_target }, external_forwarding: {}, sources: [{ Subnet: '10.0.0.0/8' }] };
  await send(address, 'POST', '/multicast/external-groups', { group_ip: '232.2.0.1', ...foreign }, v1);
  const { underlay, external: read } = await connect(address).readGroup({ underlayIp, externalIp: '232.2.0.1' });
  expect(underlay).toMatchObject({ tag: '', members: [{ port: 'rear4/1', direction: 'Underlay' }] });
  expect(read?.sources).toEqual(['10.0.0.0/8']);
});
