/** What happens at the bounds of `domain/limits.ts`: the largest that is allowed works, and what is beyond is said clearly. */
import { createDpdClient } from '../../dataplane/dpd/client';
import { acceptUpdate, type UpdateState } from '../../db/group-updates';
import { setMulticastEnabled } from '../../db/runtime-config';
import { LIMITS } from '../../domain/limits';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { externalGroup } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(() => expectInvariants(rack));

const source = (at: number) => `fd00:ffff:ffff:ffff:ffff:ffff:ffff:${(0xf000 + at).toString(16)}`;

test(`${LIMITS.sourcesPerGroup} sources of the longest kind reach both switches in one body; one more is no group`, async () => {
  const ip = 'ff3e:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const sources = Array.from({ length: LIMITS.sourcesPerGroup }, (_, at) => source(at));
  const group = await rack.group('sources', ip, { sources });
  await runningVm(rack, [group], 0);
  for (const at of [0, 1]) expect(rack.object(at, ip)?.sources).toHaveLength(LIMITS.sourcesPerGroup);
  await expect(
    rack.group('too-many', 'ff3e::1', { sources: [...sources, source(LIMITS.sourcesPerGroup)] }),
  ).rejects.toMatchObject({ cause: { message: expect.stringMatching(/multicast_group_sources_bounded/) } });
});

test('a body that the daemon would not read is not sent, and the error says how large it is', async () => {
  const client = createDpdClient({ address: rack.switches[0]!.address, timeoutMs: 5_000, connections: 1 });
  const edit = externalGroup(freshIp(), 'rackcast:large');
  if (edit.op !== 'createExternal') throw new Error('another edit');
  const sources = Array.from({ length: 400 }, (_, at) => source(at));
  const before = rack.switches[0]!.state.requests.counters().requests;
  await expect(client.apply({ ...edit, external: { ...edit.external, sources } })).rejects.toMatchObject({
    code: 'Refused',
    message: expect.stringMatching(new RegExp(`not sent: \\d+ bytes, .* reads ${LIMITS.switchBodyBytes} at most`)),
  });
  expect(rack.switches[0]!.state.requests.counters().requests - before).toBeLessThanOrEqual(1);
  await client.close();
});

test('a table of a switch that is full: the group says 507 and which, others live on, and it is made once there is room', async () => {
  const { tables } = rack.switches[1]!.state.daemon.groups;
  const filled: string[] = [];
  const full = () => {
    filled.push(`filler ${filled.length}`);
    tables.insert('routeV4', filled.at(-1)!, {});
  };
  for (;;) {
    try {
      full();
    } catch {
      filled.pop();
      break;
    }
  }
  const ip = freshIp();
  const group = await rack.group('no-room', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const start = await vm.start(0);
  expect(await rack.outcome(start)).toMatchObject({ state: 'failed', reason: expect.stringMatching(/switch1.*507/) });
  expect(await rack.members(group)).toMatchObject([{ state: 'joining', reason: expect.stringMatching(/507/) }]);
  expect(rack.both(ip)).toEqual([null, null]);
  for (const key of filled) tables.remove('routeV4', key);
  await settle(rack);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined' }]);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
}, 90_000);

test('an update that no round takes in time is withdrawn, also if that is repeated or its answer lost', async () => {
  const faults = (['before', 'after', 'twice'] as const).map((how, at) => ({ how, ip: `232.3.3.${at + 1}` }));
  const groups = await Promise.all(
    faults.map(({ how, ip }) => rack.group(`late-${how}`, ip, { sources: ['10.0.0.1'] })),
  );
  await settle(rack);
  await setMulticastEnabled(rack.db, false);
  const answers = await Promise.all(
    groups.map(async (groupId, at) => {
      const { updateId } = await rack.db.transaction((tx) =>
        acceptUpdate(tx, { groupId, name: null, description: null, sources: ['10.0.0.2'] }),
      );
      const { how, ip } = faults[at]!;
      const fault = injector.add({ activity: 'withdrawUpdate', how, about: [updateId] });
      const { outcome } = await rack.temporal.updateGroup({ updateId, group: { id: groupId, ip, name: '' } });
      return [outcome, fault.injected] satisfies [UpdateState, number];
    }),
  );
  expect(answers).toEqual(groups.map(() => ['withdrawn', 1]));
  await setMulticastEnabled(rack.db, true);
  await settle(rack);
  for (const { ip } of faults)
    await until('the old sources', () => JSON.stringify(rack.object(0, ip)?.sources) === '[{"Exact":"10.0.0.1"}]');
}, 90_000);
