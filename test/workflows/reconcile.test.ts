/** Reconciliation: whatever differs is found and put right; what does not differ costs no write; what is not ours is left alone. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { SwitchEdit } from '../../domain/switch-config';
import { tagOf } from '../../domain/switch-edits';
import { underlayAddress } from '../../domain/underlay';
import { byHand as byHandOn, externalGroup, underlayGroup } from '../support/out-of-order';
import { startRack, until, type TestRack } from '../support/rack';
import { freshIp, newVm, runningVm } from '../support/vm';
import { faultsOf, settle } from '../support/invariants';

interface Report {
  groups_verified: number;
  groups_different: number;
  orphans_removed: number;
  members_repaired: number;
  events_redelivered: number;
  errors: string[];
}

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());

const byHand = (at: number, edits: SwitchEdit[]) => byHandOn(rack, at, edits);
const reconcile = () => rack.run<Report>('reconcile');

test('nothing differs: everything is verified, and no switch is written to', async () => {
  const group = await rack.group('calm', freshIp());
  await runningVm(rack, [group], 0);
  await settle(rack);
  const before = rack.writes();
  const report = await reconcile();
  expect(report).toMatchObject({ groups_different: 0, orphans_removed: 0, members_repaired: 0, errors: [] });
  expect(report.groups_verified).toBeGreaterThan(0);
  expect(rack.writes()).toEqual(before);
});

test('a port that somebody removed by hand is put back', async () => {
  const ip = freshIp();
  const group = await rack.group('drift', ip);
  await runningVm(rack, [group], 0);
  await runningVm(rack, [group], 1);
  await settle(rack);
  const only = [{ port: 'rear1', direction: 'Underlay' as const }];
  await byHand(1, [{ op: 'replaceMembers', ip: underlayAddress(ip, 0), tag: tagOf(group), members: only }]);
  expect(rack.ports(1, ip)).toEqual(['rear1']);
  const before = rack.writes();
  expect((await reconcile()).groups_different).toBe(1);
  await until('put back', () => rack.ports(1, ip)?.length === 2);
  await settle(rack);
  expect(rack.writes().map((count, at) => count - before[at]!)).toEqual([0, 1]);
});

test('a group that somebody deleted by hand is made again', async () => {
  const ip = freshIp();
  const group = await rack.group('deleted', ip);
  await runningVm(rack, [group], 2);
  await settle(rack);
  await byHand(0, [
    { op: 'deleteExternal', ip, tag: tagOf(group) },
    { op: 'deleteUnderlay', ip: underlayAddress(ip, 0), tag: tagOf(group) },
  ]);
  expect(rack.ports(0, ip)).toBeNull();
  await reconcile();
  await until('made again', () => rack.ports(0, ip)?.join() === 'rear3');
});

test('an object of ours without a row is removed; somebody else’s stays', async () => {
  const [ours, theirs] = [freshIp(), freshIp()] as const;
  await byHand(1, [
    underlayGroup(ours, tagOf(randomUUID()), ['rear1']),
    externalGroup(ours, tagOf(randomUUID())),
    underlayGroup(theirs, 'omicron:other', ['rear2']),
    externalGroup(theirs, 'omicron:other'),
  ]);
  expect((await reconcile()).orphans_removed).toBe(2);
  expect([rack.ports(1, ours), rack.ports(1, theirs)]).toEqual([null, ['rear2']]);
});

test('somebody else’s object at our address is never touched; the member says why it is not Joined', async () => {
  const ip = freshIp();
  await byHand(0, [underlayGroup(ip, 'omicron:first', ['rear9']), externalGroup(ip, 'omicron:first')]);
  const group = await rack.group('foreign', ip);
  const vm = newVm(rack);
  await rack.settled([await vm.create([group])]);
  const outcome = await rack.outcome(await vm.start(0));
  expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringMatching(/somebody else.*omicron:first/) });
  expect(rack.ports(0, ip)).toEqual(['rear9']);
  expect(rack.ports(1, ip)).toBeNull();
  expect((await rack.members(group))[0]).toMatchObject({
    state: 'joining',
    reason: expect.stringMatching(/somebody else/),
  });
  // Its owner takes it away: what is wanted is still wanted.
  await byHand(0, [
    { op: 'deleteExternal', ip, tag: 'omicron:first' },
    { op: 'deleteUnderlay', ip: underlayAddress(ip, 0), tag: 'omicron:first' },
  ]);
  await until('joined after all', async () => {
    await reconcile();
    return (await rack.members(group))[0]?.state === 'joined';
  });
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('an object of ours from an earlier time, at the group’s own address, is adopted or made anew', async () => {
  const [adopted, renewed] = [freshIp(), freshIp()] as const;
  const group = await rack.group('adopted', adopted);
  await settle(rack);
  await byHand(0, [{ op: 'deleteExternal', ip: adopted, tag: tagOf(group) }]);
  const gone = randomUUID();
  await byHand(1, [underlayGroup(renewed, tagOf(gone), ['rear4']), externalGroup(renewed, tagOf(gone))]);
  const second = await rack.group('renewed', renewed);
  await runningVm(rack, [group, second], 3);
  await reconcile();
  await until('adopted', () => rack.ports(0, adopted) !== null);
  await settle(rack);
  expect([rack.both(adopted), rack.both(renewed)]).toEqual([
    [['rear4'], ['rear4']],
    [['rear4'], ['rear4']],
  ]);
});

test('an event that was accepted while Temporal was away takes effect', async () => {
  const ip = freshIp();
  const group = await rack.group('away', ip);
  const vm = newVm(rack, { start: false });
  const refs = [await vm.create([group]), await vm.start(1), await vm.stop(), await vm.start(2)];
  let redelivered = 0;
  await until('redelivered', async () => {
    redelivered += (await reconcile()).events_redelivered;
    return (await rack.event(refs.at(-1)!)).time_finished !== null;
  });
  expect(redelivered).toBeGreaterThan(0);
  expect(await rack.settled(refs)).toEqual(['succeeded', 'superseded', 'superseded', 'succeeded']);
  expect(rack.both(ip)).toEqual([['rear3'], ['rear3']]);
});

test('members whose rows do not fit their instance are repaired', async () => {
  const ip = freshIp();
  const group = await rack.group('misfit', ip);
  const vm = await runningVm(rack, [group], 0);
  await settle(rack);
  await rack.db.execute(sql`
    update multicast_group_member set sled_id = null, propolis_id = null, state = 'left' where parent_id = ${vm.id}`);
  expect((await reconcile()).members_repaired).toBe(1);
  await settle(rack);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined' }]);
});

test('a wake-up whose sender died is found', async () => {
  const ip = freshIp();
  const group = await rack.group('asleep', ip);
  await settle(rack);
  await until('its workflow has completed', async () => {
    const { status } = await rack.temporal.client.workflow.getHandle(`group/${group}`).describe();
    return status.name === 'COMPLETED';
  });
  const vm = await runningVm(rack, [], 0);
  const { sled_id: sled, propolis_id: propolis } = vm.place;
  await rack.db.execute(sql`
    with asked as (update multicast_group set requested = requested + 1 where id = ${group} returning requested)
    insert into multicast_group_member (id, external_group_id, parent_id, state, sled_id, propolis_id, generation)
    select ${randomUUID()}, ${group}, ${vm.id}, 'joining', ${sled}, ${propolis}, requested from asked`);
  await reconcile();
  await until('served', async () => (await rack.members(group))[0]?.state === 'joined');
  expect(rack.both(ip)).toEqual([['rear1'], ['rear1']]);
});

test('after all this the rack is as it should be', async () => {
  expect(await faultsOf(rack)).toEqual([]);
});
