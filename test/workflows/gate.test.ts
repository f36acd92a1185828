/** The feature gate: off, nothing is programmed and everything is kept; on again, it catches up in order. */
import { setMulticastEnabled } from '../../db/runtime-config';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { expectInvariants, settle } from '../support/invariants';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());

test('switched off, events wait and nothing is written; switched on, older ones end superseded', async () => {
  const ip = freshIp();
  const group = await rack.group('gate', ip);
  const running = await runningVm(rack, [group], 0);
  await settle(rack);
  await setMulticastEnabled(rack.db, false);
  const before = rack.writes();

  const vm = newVm(rack, { start: false });
  const refs = [await vm.create([group]), await vm.start(1), await vm.stop(), await vm.start(2)];
  const stop = await running.post({ kind: 'stop' }, false);
  // Runs that are started all the same leave the events as they are.
  const { workflowId } = await rack.temporal.startLifecycle('start', [refs[1]!]);
  expect(await rack.temporal.client.workflow.getHandle(workflowId).result()).toMatchObject({ disabled: true });
  const id = await rack.group('made-while-off', freshIp());
  expect(await rack.run('reconcile')).toMatchObject({ disabled: true, events_redelivered: 0 });
  expect(rack.writes()).toEqual(before);
  for (const ref of [...refs, stop]) expect((await rack.event(ref)).state).toBe('pending');
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);

  await setMulticastEnabled(rack.db, true);
  await settle(rack);
  const states = await Promise.all([...refs, stop].map(async (ref) => (await rack.event(ref)).state));
  expect(states).toEqual(['succeeded', 'superseded', 'superseded', 'succeeded', 'succeeded']);
  expect(rack.both(ip)).toEqual([['rear3'], ['rear3']]);
  await until(
    'the group made meanwhile is there',
    async () => (await rack.groupExists(id)) && rack.writes()[0]! > before[0]!,
  );
  await expectInvariants(rack);
});
