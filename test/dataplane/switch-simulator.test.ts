/**
 * The switch simulator against facts recorded from real daemons, and against the rules that no recording shows:
 * divergence of the PRE, leaks of ill-formed tags, capacities, restarts.
 */
import { startSwitchSimulator, type ListenOptions, type SwitchSimulator } from '../../simulators/switch/server';
import * as facts from './fixtures/recorded-facts';
import { replay, send } from './switch-calls';

const { under, put, ext, forward, exact } = facts.bodies;
const U = '/multicast/underlay-groups';
const E = '/multicast/external-groups';
const G = '/multicast/groups';

const started: SwitchSimulator[] = [];
async function start(options: Partial<ListenOptions> = {}): Promise<SwitchSimulator> {
  const simulator = await startSwitchSimulator({ host: '127.0.0.1', port: 0, apiLevel: 13, ...options });
  started.push(simulator);
  return simulator;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((simulator) => simulator.close()));
});

describe('recorded facts', () => {
  test.each([
    ['transport and versions', facts.transport],
    ['ports and links', facts.ports],
    ['older callers', facts.olderCallers],
  ])('%s', async (_name, table) => {
    const { answered, expected } = await replay((await start()).address, table);
    expect(answered).toEqual(expected);
  });

  test('the life of groups, from creation to deletion', async () => {
    const { address } = await start();
    const { underlayCreation, externalCreation, reading, updates, deletion } = facts;
    const table = [underlayCreation, externalCreation, reading, updates, deletion].flat();
    const { answered, expected } = await replay(address, table);
    expect(answered).toEqual(expected);
  });

  test('a daemon built without multicast still extracts first', async () => {
    const { address } = await start({ multicast: false });
    const { answered, expected } = await replay(address, facts.withoutMulticast);
    expect(answered).toEqual(expected);
  });

  test('every refusal carries its request id in body and header', async () => {
    const { address } = await start();
    const { body, headers } = await send(address, 'GET', `${G}/banana`);
    expect(body.request_id).toBe(headers.get('x-request-id'));
  });
});

describe('what a failed request leaves behind', () => {
  test('an update that fails half-way leaves record and PRE different; delete and create cures it', async () => {
    const { address, state } = await start();
    await send(address, 'POST', U, under('ff04::1', 't', ['rear0']));
    const failed = await send(address, 'PUT', `${U}/ff04::1?tag=t`, put(['rear1'], ['qsfp31']));
    expect(failed.status).toBe(400);
    expect((await send(address, 'GET', `${G}/ff04::1`)).body.members).toEqual(put(['rear0']).members);
    expect(state.dump().replication).toEqual([{ group_ip: 'ff04::1', external: [], underlay: ['rear1/0'] }]);

    const again = await send(address, 'PUT', `${U}/ff04::1?tag=t`, put(['rear1']));
    expect(again.status).toBe(500);
    await send(address, 'DELETE', `${G}/ff04::1?tag=t`);
    expect((await send(address, 'POST', U, under('ff04::1', 't', ['rear1']))).status).toBe(201);
    expect(state.dump().replication[0]?.underlay).toEqual(['rear1/0']);
  });

  test('an ill-formed tag blocks every later underlay group until a full reset', async () => {
    const { address } = await start();
    const refused = await send(address, 'POST', U, under('ff04::1', 'not a tag'));
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('tag must contain only')]);
    expect((await send(address, 'POST', U, under('ff04::2', 't'))).status).toBe(500);
    await send(address, 'DELETE', G);
    expect((await send(address, 'POST', U, under('ff04::2', 't'))).status).toBe(201);
  });

  test('a referenced underlay group under a tag stays, and what went before it is gone', async () => {
    const { address } = await start();
    await send(address, 'POST', U, under('ff04::1', 'mine'));
    await send(address, 'POST', U, under('ff04::2', 'mine'));
    await send(address, 'POST', E, ext('239.1.1.1', { target: 'ff04::2', tag: 'other' }));
    expect((await send(address, 'DELETE', '/multicast/tags/mine')).status).toBe(400);
    expect((await send(address, 'GET', G)).body.items.map((group: any) => group.group_ip)).toEqual([
      '239.1.1.1',
      'ff04::2',
    ]);
  });

  test('the VLAN of an unknown NAT target cannot change, and nothing else does', async () => {
    const { address, state } = await start();
    await send(address, 'POST', U, under('ff04::1', 't'));
    await send(address, 'POST', E, ext('239.1.1.1'));
    const before = state.dump();
    const refused = await send(address, 'PUT', `${E}/239.1.1.1?tag=t`, forward({ target: 'ff04::dead', vlan: 5 }));
    expect(refused.body.message).toContain('internal group not found when updating bitmap: internal_ip=ff04::dead');
    expect(state.dump()).toEqual(before);
  });
});

describe('tables', () => {
  test('null sources open the filter and keep the record, an empty list does both', async () => {
    const { address, state } = await start();
    const filters = () => Object.keys(state.dump().tables['sourceV4'] ?? {});
    await send(address, 'POST', U, under('ff04::1', 't'));
    await send(address, 'POST', E, ext('239.1.1.1', { sources: exact('10.0.0.1') }));
    expect(filters()).toEqual(['10.0.0.1 239.1.1.1']);
    const kept = await send(address, 'PUT', `${E}/239.1.1.1?tag=t`, forward({ sources: null }));
    expect(filters()).toEqual(['0.0.0.0/0 239.1.1.1']);
    expect(kept.body.sources).toEqual(exact('10.0.0.1'));
  });

  test('the 1025th underlay group finds its route table full, unless limits are off', async () => {
    const [{ address }, { address: endless }] = [await start(), await start({ limits: 'none' })];
    const fill = async (to: string) => {
      let last = 0;
      for (let index = 0; index < 1025; index++) {
        last = (await send(to, 'POST', U, under(`ff04::${(index + 1).toString(16)}`, 't'))).status;
      }
      return last;
    };
    expect(await Promise.all([fill(address), fill(endless)])).toEqual([507, 201]);
  });

  test('on hardware a group that was created empty cannot be deleted in peace', async () => {
    const { address } = await start({ tableErrors: true });
    await send(address, 'POST', U, under('ff04::1', 't'));
    await send(address, 'PUT', `${U}/ff04::1?tag=t`, put(['rear0']));
    expect((await send(address, 'DELETE', `${G}/ff04::1?tag=t`)).status).toBe(404);
    expect((await send(address, 'GET', `${G}/ff04::1`)).status).toBe(404);
  });
});

describe('a daemon of API 1', () => {
  const v1 = { 'api-version': '1.0.0' };

  test('refuses newer callers, has no tag protection, answers 201 to an external update', async () => {
    const { address } = await start({ apiLevel: 1 });
    const newer = await send(address, 'GET', '/dpd-uptime', undefined, { 'api-version': '8.0.0' });
    expect(newer.body.message).toBe('server does not support this API version: 8.0.0');
    await send(address, 'POST', U, under('ff05::1', null), v1);
    await send(address, 'POST', E, ext('224.2.0.1', { target: 'ff05::1' }), v1);
    const moved = await send(
      address,
      'PUT',
      `${E}/224.2.0.1`,
      { tag: 'new', ...forward({ target: 'ff05::1', sources: [] }) },
      v1,
    );
    expect([moved.status, moved.body.tag, moved.body.sources]).toEqual([201, 'new', []]);
    expect((await send(address, 'DELETE', `${G}/ff05::1`, undefined, v1)).status).toBe(204);
  });

  test('takes sources for source-specific groups only', async () => {
    const { address } = await start({ apiLevel: 1 });
    await send(address, 'POST', U, under('ff04::1', 't'), v1);
    const asm = await send(address, 'POST', E, ext('224.2.0.1', { sources: exact('10.0.0.1') }), v1);
    expect(asm.body.message).toBe('224.2.0.1 is not a Source-Specific Multicast address but sources were provided');
    const ssm = await send(address, 'POST', E, ext('232.2.0.1', { sources: exact('10.0.0.2', '10.0.0.1') }), v1);
    expect(ssm.body.sources).toEqual(exact('10.0.0.2', '10.0.0.1'));
    expect((await send(address, 'POST', E, ext('239.0.0.1'), v1)).status).toBe(400);
  });

  test('keeps the ports of an emptied group in the PRE, and the VLAN in the record', async () => {
    const { address } = await start({ apiLevel: 1 });
    await send(address, 'POST', U, under('ff04::1', 't', ['rear0']), v1);
    await send(address, 'PUT', `${U}/ff04::1`, put(), v1);
    expect((await send(address, 'PUT', `${U}/ff04::1`, put(['rear0']), v1)).status).toBe(500);
    await send(address, 'POST', E, ext('224.2.0.1', { vlan: 7 }), v1);
    const cleared = await send(address, 'PUT', `${E}/224.2.0.1`, { tag: null, ...forward() }, v1);
    expect(cleared.body.external_forwarding.vlan_id).toBe(7);
  });

  test('resets groups without a tag', async () => {
    const { address } = await start({ apiLevel: 1 });
    await send(address, 'POST', U, under('ff04::1', null), v1);
    await send(address, 'POST', U, under('ff04::2', 't'), v1);
    await send(address, 'DELETE', '/multicast/untagged', undefined, v1);
    expect((await send(address, 'GET', G, undefined, v1)).body.items).toHaveLength(1);
  });
});

describe('the body', () => {
  test.each([
    [
      '{"members":[],"group_ip":"ff05::1"}',
      'group_ip: Address ff05::1 is not in underlay multicast subnet (must be ff04::/64) at line 1 column 35',
    ],
    ['{\n "group_ip": 7}', 'group_ip: invalid type: integer `7`, expected a string at line 2 column 14'],
    ['{"group_ip":"ff04::1","group_ip":"ff04::1"}', 'duplicate field `group_ip` at line 1 column 32'],
    ['{"group_ip":"ff04::1","members":[,]}', 'members[0]: expected value at line 1 column 34'],
    ['7', 'invalid type: integer `7`, expected struct MulticastGroupCreateUnderlayEntry at line 1 column 1'],
    ['{"group_ip":"ff04::1","members":[]', 'EOF while parsing an object at line 1 column 34'],
  ])('%s', async (text, detail) => {
    const { body } = await send((await start()).address, 'POST', U, text);
    expect(body.message).toBe(`unable to parse JSON body: ${detail}`);
  });

  test('may have 10,240 bytes and no more', async () => {
    const { address } = await start();
    const text = (size: number) => JSON.stringify(under('ff04::1', 't')).padEnd(size);
    expect((await send(address, 'POST', U, text(10_240))).status).toBe(201);
    const { status, body } = await send(address, 'POST', U, text(10_241));
    expect([status, body.message]).toEqual([400, 'request body exceeded maximum size of 10240 bytes']);
  });
});

test('a restart forgets groups, links and ids, and the uptime starts again', async () => {
  const { address, state } = await start();
  await send(address, 'POST', U, under('ff04::1', 't'));
  state.restart();
  expect((await send(address, 'GET', G)).body.items).toEqual([]);
  expect((await send(address, 'GET', '/dpd-uptime')).body).toBe(0);
  expect((await send(address, 'POST', U, under('ff04::7', 't'))).body.external_group_id).toBe(65_534);
});

test('asking for the backplane of a front port kills the daemon, as it does the real one', async () => {
  const { address } = await start();
  await send(address, 'POST', U, under('ff04::1', 't'));
  expect((await send(address, 'GET', '/backplane-map/rear4')).body).toMatchObject({ tofino_connector: 32, cubby: 4 });
  await expect(send(address, 'GET', '/backplane-map/qsfp0')).rejects.toThrow('fetch failed');
  expect((await send(address, 'GET', G)).body.items).toEqual([]);
});
