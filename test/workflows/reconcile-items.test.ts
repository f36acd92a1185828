/** One bad item stops nothing else, and the report names it; work that could not be done is told apart from work that was not there. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { listGroupsWithFigures } from '../../db/group-list';
import { LIMITS } from '../../domain/limits';
import { tagOf } from '../../domain/switch-edits';
import { underlayAddress } from '../../domain/underlay';
import type { ReconcileReport } from '../../workflows/reconcile';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { backdate, byHand, externalGroup, underlayGroup } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
let temporal: TestRack['temporal'];
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
  temporal = { ...rack.temporal };
});
afterAll(() => rack.close());
afterEach(async () => {
  Object.assign(rack.temporal, temporal);
  injector.clear();
  for (const { state } of rack.switches) {
    state.faults.clear();
    state.resume();
  }
  await expectInvariants(rack);
});

const reconcile = () => rack.run<ReconcileReport>('reconcile');

const service = async (at: number) =>
  (
    await rack.db.execute<{ service: string; last_error: string | null }>(
      sql`select service::text as service, last_error from switch where id = ${rack.switches[at]!.id}`,
    )
  )[0]!;

const healthUntil = (at: number, wanted: string) =>
  until(`switch${at} is ${wanted}`, async () => {
    await rack.run('switchHealth');
    return (await service(at)).service === wanted;
  });

const openDrift = async (groupId: string) =>
  (await rack.db.execute(sql`select 1 from drift where group_id = ${groupId} and time_repaired is null`)).length;

async function converged(name: string) {
  const ip = freshIp();
  const id = await rack.group(`${name}-${ip}`, ip);
  await settle(rack);
  return { ip, id };
}

/** Takes the external group away on one switch. */
const damage = (at: number, { ip, id }: { ip: string; id: string }) =>
  byHand(rack, at, [{ op: 'deleteExternal', ip, tag: tagOf(id) }]);

test('a group whose workflow cannot be woken is named, and the others are repaired', async () => {
  const [bad, good] = [await converged('unwakeable'), await converged('wakeable')];
  await until('its workflow has completed', async () => {
    const { status } = await rack.temporal.client.workflow.getHandle(`group/${bad.id}`).describe();
    return status.name === 'COMPLETED';
  });
  rack.temporal.wakeGroup = (group) =>
    group.id === bad.id ? Promise.reject(new Error('no such luck')) : temporal.wakeGroup(group);
  await Promise.all([damage(0, bad), damage(0, good)]);
  const report = await reconcile();
  expect(report).toMatchObject({ groups_different: 2, groups_repaired: 1 });
  expect(report.errors.join()).toMatch(new RegExp(`group unwakeable-${bad.ip} ${bad.ip} was not woken: no such luck`));
  expect([rack.ports(0, bad.ip), rack.ports(0, good.ip)]).toEqual([null, []]);
});

test('an event whose run cannot be started is named, and the others are delivered', async () => {
  const group = await converged('delivery');
  const [bad, good] = [newVm(rack, { start: false }), newVm(rack, { start: false })];
  const created = [await bad.create([group.id]), await good.create([group.id])];
  await rack.startTogether('create', created);
  await rack.settled(created);
  const [lost, found] = [await bad.start(0), await good.start(1)];
  await rack.db.execute(
    sql`update instance_event set claimed_by = 'start/bad', time_claimed = now() where event_id = ${lost.eventId}`,
  );
  await backdate(rack, [lost.eventId, found.eventId]);
  rack.temporal.startLifecycle = (kind, events, about) =>
    about?.workflowId === 'start/bad'
      ? Promise.reject(new Error('no such luck'))
      : temporal.startLifecycle(kind, events, about);
  const report = await reconcile();
  expect(report.errors.join()).toMatch(`start/bad, event ${lost.eventId}, was not started: no such luck`);
  expect((await rack.outcome(found)).state).toBe('succeeded');
  expect((await rack.event(lost)).time_finished).toBeNull();
});

test('the writes that are told of a group are those that its switches have had', async () => {
  const [first] = rack.writes();
  const group = await converged('counted');
  const vm = await runningVm(rack, [group.id], 0);
  await damage(1, group);
  await reconcile();
  await settle(rack);
  const told = async () =>
    (await listGroupsWithFigures(rack.db, { limit: 500, after: null })).find(({ id }) => id === group.id);
  // Made and joined on both: three writes each; and once more the external group that somebody took away.
  expect(rack.writes()[0]! - first!).toBe(3);
  expect(await told()).toMatchObject({ writes: 3 + 4, joined: 1 });
  await rack.settled([await vm.stop()]);
  expect(await told()).toMatchObject({ writes: 3 + 4 + 2, left: 1 });
});

test('a switch that fails while it is read is named, and the other is compared and repaired', async () => {
  const group = await converged('one-switch');
  await damage(1, group);
  const { faults } = rack.switches[0]!.state;
  faults.add({ match: { path_pattern: `limit=${LIMITS.reconcilePage}` }, action: { kind: 'status', status: 500 } });
  const report = await reconcile();
  expect(report).toMatchObject({ groups_different: 1, groups_repaired: 1 });
  expect(report.errors).toEqual([expect.stringMatching(/^switch0: .*500/)]);
  expect(rack.ports(1, group.ip)).toEqual([]);
});

test('a group that a round is at work on is skipped, which is not the same as nothing to do', async () => {
  const group = await converged('at-work');
  expect((await reconcile()).skipped).toEqual([]);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group.id])]);
  await settle(rack);
  const write = injector.hold({ activity: 'programSwitch', about: [group.id] });
  const start = await vm.start(0);
  await write.reached;
  expect((await reconcile()).skipped).toEqual(
    expect.arrayContaining([expect.stringMatching(/^1 groups on switch[01]: a round is at work on them/)]),
  );
  write.release();
  expect((await rack.outcome(start)).state).toBe('succeeded');
});

test.each([
  ['built without multicast', 501, undefined, /is unreachable: the daemon was built without multicast/],
  ['of a version that nobody speaks', 400, 'does not support this API version', /speaks neither API 8 nor API 1/],
])('a daemon %s is said to be so, and is not compared', async (_what, status, message, said) => {
  const path_pattern = status === 501 ? '^/multicast' : '.';
  const action = { kind: 'status' as const, status, ...(message === undefined ? {} : { message }) };
  rack.switches[1]!.state.faults.add({ match: { path_pattern }, action });
  const report = await reconcile();
  expect(report).toMatchObject({ errors: [], switches_checked: 2, skipped: [expect.stringMatching(said)] });
  expect(await service(1)).toMatchObject({
    service: 'unreachable',
    last_error: expect.stringMatching(/API|multicast/),
  });
});

test('no switch in service: both are skipped, each with its reason, and nothing counts as verified', async () => {
  for (const { state } of rack.switches) state.pause('reset');
  await healthUntil(0, 'unreachable');
  await healthUntil(1, 'unreachable');
  const { groups_verified: verified, skipped } = await reconcile();
  expect([verified, skipped.map((line) => line.split(':', 1)[0]).toSorted()]).toEqual([
    0,
    ['switch0 is unreachable', 'switch1 is unreachable'],
  ]);
});

test('an orphan that a returning switch does not let go does not keep it out of service', async () => {
  const [orphan, theirs] = [freshIp(), freshIp()] as const;
  const referrer = externalGroup(theirs, 'omicron:other');
  if (referrer.op !== 'createExternal') throw new Error('another edit');
  referrer.external.nat.underlayIp = underlayAddress(orphan, 0);
  rack.switches[0]!.state.pause('reset');
  await healthUntil(0, 'unreachable');
  rack.switches[0]!.state.resume();
  const lost = randomUUID();
  await byHand(rack, 0, [underlayGroup(orphan, tagOf(lost), []), referrer]);
  await healthUntil(0, 'in_service');
  expect(await openDrift(lost)).toBe(1);
  await byHand(rack, 0, [{ op: 'deleteExternal', ip: theirs, tag: 'omicron:other' }]);
  expect(await reconcile()).toMatchObject({ orphans_removed: 1, errors: [] });
  expect(await openDrift(lost)).toBe(0);
});

test('drift of a group that is deleted while its switch is away does not stay open for ever', async () => {
  const group = await converged('deleted-away');
  rack.switches[1]!.state.faults.add({ match: { method: 'POST' }, action: { kind: 'status', status: 500 } });
  await damage(1, group);
  await reconcile();
  expect(await openDrift(group.id)).toBe(1);
  rack.switches[1]!.state.pause('reset');
  await healthUntil(1, 'unreachable');
  await rack.deleteGroup(group.id);
  await until('it is gone', async () => !(await rack.groupExists(group.id)));
  await reconcile();
  expect(await openDrift(group.id)).toBe(0);
});

test('a switch that comes back asks for its groups a bounded number at a time', async () => {
  const many = LIMITS.resyncAtOnce + 40;
  for (let at = 0; at < many; at++) await rack.group(`many-${at}-${randomUUID()}`, freshIp());
  await settle(rack);
  const before = rack.writes();
  await rack.restartSwitch(1);
  let most = 0;
  const watched = setInterval(() => {
    void rack.db
      .execute<{ count: number }>(sql`select count(*)::int as count from multicast_group where requested > attempted`)
      .then(([row]) => (most = Math.max(most, row?.count ?? 0)));
  }, 10);
  try {
    await rack.run('switchHealth');
    await until('in service again', async () => (await service(1)).service === 'in_service');
  } finally {
    clearInterval(watched);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(LIMITS.resyncAtOnce + LIMITS.resyncAtLeast);
  const groups = await rack.db.execute(sql`select 1 from multicast_group`);
  expect(rack.writes().map((count, at) => count - before[at]!)).toEqual([0, 2 * groups.length]);
}, 120_000);

test('more members than fit one transaction are repaired in one pass', async () => {
  const group = await converged('misfits');
  const vm = await runningVm(rack, [group.id], 0);
  await settle(rack);
  const members = LIMITS.reconcilePage + 1;
  await rack.db.execute(sql`
    insert into multicast_group_member (id, external_group_id, parent_id, state, generation)
    select gen_random_uuid(), ${group.id}, gen_random_uuid(), 'left', 0 from generate_series(1, ${members})`);
  expect(await reconcile()).toMatchObject({ members_repaired: members, errors: [] });
  await settle(rack);
  expect((await rack.members(group.id)).map((member) => member.instance_id)).toEqual([vm.id]);
});
