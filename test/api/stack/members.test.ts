/** Joining and leaving over HTTP, down to both switches and the sleds. */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../../../domain/limits';
import { startRunning, type Running } from '../../support/running';

let stack: Running;
beforeAll(async () => {
  stack = await startRunning();
});
afterAll(() => stack.close());

const path = (instance: string, group: string) => `/v1/instances/${instance}/multicast-groups/${group}`;
const join = (instance: string, group: string) => stack.user('PUT', path(instance, group));
const leave = (instance: string, group: string) => stack.user('DELETE', path(instance, group));
const twice = <T>(value: T) => [value, value];

test('a running instance that joins is Joining, then Joined, with its port on both switches and its flow on the sled', async () => {
  const group = await stack.group('joined-late');
  const vm = await stack.runningVm([], 0);
  const answer = await join(vm.id, group.id);
  expect(answer).toMatchObject({ status: 201, body: { state: 'Joining', instance_id: vm.id } });
  await stack.memberBecomes(group.id, vm.id, 'Joined');
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice(['rear1']));
  expect(stack.flows(0, [group.multicast_ip])).toEqual([`${vm.place.propolis_id} ${group.multicast_ip}`]);
});

test('joined again, and added again from the other side, it keeps its id and stays Joined', async () => {
  const group = await stack.group('again');
  const vm = await stack.runningVm(['again'], 1);
  const first = await join(vm.id, group.id);
  expect(first).toMatchObject({ status: 201, body: { state: 'Joined' } });
  const before = stack.rack.writes();
  const body = { instance: vm.id };
  const second = await stack.user('POST', `/v1/multicast-groups/${group.id}/members`, { body });
  expect(second).toMatchObject({ status: 201, body: first.body });
  expect(stack.rack.writes()).toEqual(before);
});

test('one that leaves disappears at once; its port goes from both switches, and its tombstone once they confirmed', async () => {
  const group = await stack.group('left');
  const [vm, other] = [await stack.runningVm(['left'], 0), await stack.runningVm(['left'], 1)];
  expect((await leave(vm.id, group.id)).status).toBe(204);
  expect(Object.keys(await stack.members(group.id))).toEqual([other.id]);
  await stack.portsBecome(group.multicast_ip, ['rear2']);
  expect((await leave(vm.id, group.id)).status).toBe(204);
  const again = await join(vm.id, group.id);
  expect(again.body.state).toBe('Joining');
  await stack.memberBecomes(group.id, vm.id, 'Joined');
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice(['rear1', 'rear2']));
});

test('two instances on one sled share a port: it stays until both have left', async () => {
  const group = await stack.group('shared');
  const [one, two] = [await stack.runningVm(['shared'], 3), await stack.runningVm(['shared'], 3)];
  await leave(one.id, group.id);
  await stack.rack.run('reconcile');
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice(['rear4']));
  await leave(two.id, group.id);
  await stack.portsBecome(group.multicast_ip, []);
});

test('a stopped instance that joins is Left until it starts, and receives then', async () => {
  const group = await stack.group('asleep');
  const vm = stack.vm();
  expect(await stack.outcome(await vm.create([]))).toMatchObject({ outcome: 'succeeded' });
  expect((await join(vm.id, group.id)).status).toBe(201);
  await stack.memberBecomes(group.id, vm.id, 'Left');
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice([]));
  expect(await stack.outcome(await vm.start(2))).toMatchObject({ outcome: 'succeeded' });
  expect(await stack.members(group.id)).toEqual({ [vm.id]: 'Joined' });
  expect(stack.rack.both(group.multicast_ip)).toEqual(twice(['rear3']));
});

test('joining a group that is being created is fine, and the member waits for it', async () => {
  const vm = await stack.runningVm([], 1);
  const { body } = await stack.create({ name: 'young' });
  expect((await join(vm.id, body.id)).status).toBe(201);
  await stack.memberBecomes(body.id, vm.id, 'Joined');
  expect((await stack.view(body.id)).body.state).toBe('Active');
  expect(stack.rack.both(body.multicast_ip)).toEqual(twice(['rear2']));
});

test('join and leave by name, with the project', async () => {
  const group = await stack.group('named');
  const vm = stack.vm();
  await vm.create([], 'receiver');
  await stack.outcome(await vm.start(0));
  const query = `?project=${stack.project.name}`;
  expect((await stack.user('PUT', `${path('receiver', 'named')}${query}`)).status).toBe(201);
  await stack.memberBecomes(group.id, vm.id, 'Joined');
  expect((await stack.user('DELETE', `/v1/multicast-groups/named/members/receiver${query}`)).status).toBe(204);
  await stack.portsBecome(group.multicast_ip, []);
});

test('the 33rd group is refused on every path, and nothing changes', async () => {
  const names = Array.from({ length: LIMITS.groupsPerInstance + 1 }, (_, at) => `limit-${at}`);
  const made = await Promise.all(names.map((name) => stack.group(name)));
  const vm = await stack.runningVm(names.slice(0, -1), 0);
  const last = made.at(-1)!;
  const message = expect.stringMatching(/32/);
  expect(await join(vm.id, last.id)).toMatchObject({ status: 400, body: { message } });
  const added = await stack.user('POST', `/v1/multicast-groups/${last.id}/members`, { body: { instance: vm.id } });
  expect(added).toMatchObject({ status: 400, body: { message } });
  await expect(vm.reconfigure(names)).rejects.toThrow('32');
  const rows = await stack.db.execute(
    sql`select 1 from multicast_group_member where parent_id = ${vm.id} and time_deleted is null`,
  );
  expect(rows).toHaveLength(LIMITS.groupsPerInstance);
  expect(stack.rack.both(last.multicast_ip)).toEqual(twice([]));
});

test('membership across projects is refused by name and by id, and both are named', async () => {
  const elsewhere = await stack.addProject('elsewhere');
  const group = await stack.group('theirs', {}, 'elsewhere');
  const vm = await stack.runningVm([], 0);
  expect(await join(vm.id, group.id)).toMatchObject({
    status: 400,
    body: { message: expect.stringMatching(/"vm-.*"theirs".*not in the same project/) },
  });
  const named = await stack.user('PUT', `${path(vm.id, 'theirs')}?project=${elsewhere.name}`);
  expect(named.status).toBe(400);
  expect(await stack.members(group.id)).toEqual({});
});
