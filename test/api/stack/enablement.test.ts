/** The feature gate over HTTP: off, everything answers and is stored and nothing is programmed; on again, it catches up. */
import { randomUUID } from 'node:crypto';
import { until } from '../../support/rack';
import { settle } from '../../support/invariants';
import { startRunning, type Running } from '../../support/running';

let stack: Running;
beforeEach(async () => {
  stack = await startRunning();
});
afterEach(() => stack.close());

const turn = async (enabled: boolean) => {
  const answer = await stack.nexus('PUT', '/settings/multicast', { body: { enabled } });
  expect(answer).toMatchObject({ status: 200, body: { enabled } });
};

test('off: stored, answered and waiting as disabled; on: caught up in order on both switches', async () => {
  const old = await stack.group('old');
  const running = await stack.runningVm(['old'], 0);
  await turn(false);
  const before = stack.rack.writes();

  const made = await stack.create({ name: 'meanwhile' });
  expect(made).toMatchObject({ status: 201, body: { state: 'Creating' } });
  const vm = stack.vm();
  const posted = [await vm.create(['old', 'meanwhile']), await vm.start(1), await vm.stop(), await vm.start(2)];
  const again = { event_id: posted[0]!.eventId, generation: 1, kind: 'create', name: `vm-${vm.id}` };
  const body = { ...again, project_id: stack.project.id, multicast_groups: ['old', 'meanwhile'] };
  expect(await stack.nexus('POST', `/instances/${vm.id}/events`, { body })).toMatchObject({
    status: 200,
    body: { outcome: 'duplicate' },
  });
  const stop = { event_id: randomUUID(), generation: running.generation + 1, kind: 'stop' };
  expect(await stack.nexus('POST', `/instances/${running.id}/events`, { body: stop })).toMatchObject({
    status: 202,
    body: { outcome: 'disabled' },
  });
  const renamed = await stack.user('PUT', `/v1/multicast-groups/${old.id}`, { body: { name: 'renamed' } });
  expect(renamed).toMatchObject({ status: 200, body: { name: 'renamed' } });
  const joined = await stack.user('PUT', `/v1/instances/${running.id}/multicast-groups/${made.body.id}`);
  expect(joined).toMatchObject({ status: 201, body: { state: 'Joining' } });

  expect(await stack.rack.run('reconcile')).toMatchObject({ disabled: true });
  expect(stack.rack.writes()).toEqual(before);
  expect(stack.rack.both(old.multicast_ip)).toEqual([['rear1'], ['rear1']]);
  expect(stack.rack.both(made.body.multicast_ip)).toEqual([null, null]);
  for (const { instanceId, eventId } of posted)
    expect((await stack.emitter.eventStatus(instanceId, eventId)).outcome).toBe('disabled');

  await turn(true);
  // Events that were accepted only just now are left to the next pass.
  const waiting = ['disabled', 'pending', 'running'];
  const events = [...posted, { instanceId: running.id, eventId: stop.event_id }];
  await until(
    'caught up',
    async () => {
      await stack.rack.run('reconcile');
      const seen = await Promise.all(events.map((each) => stack.emitter.eventStatus(each.instanceId, each.eventId)));
      return seen.every((each) => !waiting.includes(each.outcome));
    },
    100_000,
  );
  expect(await stack.outcomes(posted)).toEqual(['succeeded', 'superseded', 'superseded', 'succeeded']);
  expect(await stack.emitter.waitForOutcome(running.id, stop.event_id)).toMatchObject({ outcome: 'succeeded' });
  for (const ip of [old.multicast_ip, made.body.multicast_ip]) await stack.portsBecome(ip, ['rear3']);
  await stack.memberBecomes(made.body.id, running.id, 'Left');
  expect(await stack.members(old.id)).toEqual({ [vm.id]: 'Joined', [running.id]: 'Left' });
  await stack.groupBecomes(made.body.id, 'Active');
}, 150_000);

test('off: a group deleted meanwhile stays Deleting, and goes when it is on', async () => {
  const group = await stack.group('leaving');
  await turn(false);
  expect((await stack.user('DELETE', `/v1/multicast-groups/${group.id}`)).status).toBe(204);
  await stack.rack.run('reconcile');
  expect((await stack.view(group.id)).body.state).toBe('Deleting');
  expect(stack.rack.both(group.multicast_ip)).toEqual([[], []]);
  await turn(true);
  await settle(stack.rack);
  await stack.groupIsGone(group.id);
  expect(stack.rack.both(group.multicast_ip)).toEqual([null, null]);
});
