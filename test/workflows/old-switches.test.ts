/** Daemons that speak only version 1 of their API are programmed like all others. */
import { startRack, type TestRack } from '../support/rack';
import { freshIp, runningVm } from '../support/vm';
import { expectInvariants } from '../support/invariants';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ switchApi: 1, sledApi: 4 });
  await rack.bringUp();
});
afterAll(() => rack.close());

test('a whole life on switches of version 1 and sleds of version 4', async () => {
  const ip = freshIp();
  const group = await rack.group('old', ip, { vni: 99, mvlan: 7 });
  const vm = await runningVm(rack, [group], 0);
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined', reason: expect.stringMatching(/version 4/) }]);
  expect(await rack.settled([await vm.migrate(1)])).toEqual(['succeeded']);
  expect(rack.both(ip)).toEqual([['rear2'], ['rear2']]);
  await expectInvariants(rack);
  expect(await rack.settled([await vm.stop()])).toEqual(['succeeded']);
  expect(rack.both(ip)).toEqual([[], []]);
  await rack.deleteGroup(group);
  await expectInvariants(rack);
  expect(rack.both(ip)).toEqual([null, null]);
});
