/** Every row of the table of lifecycle events, posted over HTTP: what it does to rows, to both switches and to the sleds. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { startRunning, type Group, type Running } from '../../support/running';
import type { Vm } from '../../support/vm';

let stack: Running;
beforeAll(async () => {
  stack = await startRunning();
});
afterAll(() => stack.close());

/** Each test has two groups of its own. */
let groups: Group[];
let names: [string, string];
let made = 0;
beforeEach(async () => {
  made += 1;
  names = [`video-${made}`, `audio-${made}`];
  groups = await Promise.all(names.map((name) => stack.group(name)));
});
afterEach(() => {
  for (const { state } of stack.rack.switches) state.faults.clear();
});

const ips = () => groups.map((group) => group.multicast_ip);
const held = () => ips().map((ip) => stack.rack.both(ip));
const on = (ports: string[]) => [
  [ports, ports],
  [ports, ports],
];
const states = async (vm: Vm) => Promise.all(groups.map(async ({ id }) => (await stack.members(id))[vm.id]));
const succeeds = async (ref: Promise<Parameters<Running['outcome']>[0]>) =>
  expect(await stack.outcome(await ref)).toMatchObject({ outcome: 'succeeded', reason: null });
const flows = (sled: number) => stack.flows(sled, ips());
const flow = (vm: Vm) =>
  ips()
    .map((ip) => `${vm.place.propolis_id} ${ip}`)
    .toSorted();

/** Running on the sled, alone in both groups. */
async function running(sled: number): Promise<Vm> {
  const vm = await stack.runningVm(names, sled);
  expect(await states(vm)).toEqual(['Joined', 'Joined']);
  return vm;
}

test('create: what does not fit is refused at once, and nothing is stored', async () => {
  const elsewhere = await stack.addProject('elsewhere');
  await stack.group('foreign', {}, elsewhere.name);
  const many = Array.from({ length: 33 }, () => randomUUID());
  for (const [multicast_groups, status, message] of [
    [[names[0], 'nowhere'], 400, 'nowhere'],
    [['foreign'], 400, 'foreign'],
    [many, 400, '32'],
  ] as const) {
    const instance = randomUUID();
    const event = { event_id: randomUUID(), generation: 1, kind: 'create', name: 'refused' };
    const body = { ...event, project_id: stack.project.id, multicast_groups };
    const answer = await stack.nexus('POST', `/instances/${instance}/events`, { body });
    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(message) } });
    expect((await stack.nexus('GET', `/instances/${instance}`)).status).toBe(404);
    const rows = await stack.db.execute(sql`select 1 from instance_event where instance_id = ${instance}`);
    expect(rows).toHaveLength(0);
  }
});

test('create: stores instance and event, makes the memberships together, and touches no port', async () => {
  const vm = stack.vm();
  await succeeds(vm.create(names));
  for (const { id } of groups) await stack.memberBecomes(id, vm.id, 'Left');
  expect(held()).toEqual(on([]));
});

test('create: undone, it takes away only its own memberships', async () => {
  const other = await running(1);
  const vm = stack.vm();
  await stack.rack.stopWorker();
  const created = await vm.create([...names, (await stack.create({ name: 'short-lived' })).body.id]);
  const lived = await stack.user('GET', `/v1/multicast-groups/short-lived?project=${stack.project.name}`);
  expect((await stack.user('DELETE', `/v1/multicast-groups/${lived.body.id}`)).status).toBe(204);
  await stack.rack.startWorker();
  expect(await stack.outcome(created)).toMatchObject({
    outcome: 'failed',
    reason: `multicast-group ${lived.body.id} is being deleted`,
  });
  expect(await states(vm)).toEqual([undefined, undefined]);
  expect(await states(other)).toEqual(['Joined', 'Joined']);
  expect(held()).toEqual(on(['rear2']));
});

test('start: Joined after every switch and the sled have acknowledged', async () => {
  const vm = await running(0);
  expect(held()).toEqual(on(['rear1']));
  expect(flows(0)).toEqual(flow(vm));
});

test('start: not Joined while one switch refuses the port, and the reason is told', async () => {
  const [, second] = stack.rack.switches;
  second!.state.faults.add({
    match: { path: '/multicast' },
    action: { kind: 'status', status: 400, message: 'no such port here' },
  });
  const vm = stack.vm();
  await vm.create(names);
  const started = await stack.outcome(await vm.start(2));
  second!.state.faults.clear();
  expect(started).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no such port here') });
  expect(await states(vm)).not.toContain('Joined');
  expect(flows(2)).toEqual([]);
  await succeeds(vm.delete());
  await stack.portsBecome(ips()[0]!, []);
  await stack.portsBecome(ips()[1]!, []);
});

test('stop: the sled is told, the port goes unless another member on the sled needs it, the rows stay as Left', async () => {
  const [first, second] = [await running(0), await running(0)];
  await succeeds(first.stop());
  expect(await states(first)).toEqual(['Left', 'Left']);
  expect(held()).toEqual(on(['rear1']));
  expect(flows(0)).toEqual(flow(second));
  await succeeds(second.stop());
  expect(held()).toEqual(on([]));
  expect(flows(0)).toEqual([]);
});

test('stop, then start elsewhere: it rejoins by itself', async () => {
  const vm = await running(0);
  await succeeds(vm.stop());
  await succeeds(vm.start(3));
  expect(await states(vm)).toEqual(['Joined', 'Joined']);
  expect(held()).toEqual(on(['rear4']));
});

test('delete: as stop, then the memberships are gone; the groups stay', async () => {
  const vm = await running(1);
  await succeeds(vm.delete());
  expect(await states(vm)).toEqual([undefined, undefined]);
  expect(held()).toEqual(on([]));
  expect(flows(1)).toEqual([]);
  for (const { id } of groups) expect((await stack.view(id)).body.state).toBe('Active');
});

test('migrate: never Left and never without a port, in all groups; the source is off at the end', async () => {
  const vm = await running(1);
  const seen: (string[] | null)[] = [];
  const shown = new Set<string | undefined>();
  let watching = true;
  const watch = (async () => {
    while (watching) {
      seen.push(...held().flat());
      for (const state of await states(vm)) shown.add(state);
    }
  })();
  await succeeds(vm.migrate(2));
  watching = false;
  await watch;
  expect(seen.filter((ports) => !ports?.includes('rear2') && !ports?.includes('rear3'))).toEqual([]);
  expect([...shown]).not.toContain('Left');
  expect(held()).toEqual(on(['rear3']));
  expect([flows(1), flows(2)]).toEqual([[], flow(vm)]);
});

test('migrate: refused by a switch, it ends where it began', async () => {
  const vm = await running(1);
  const before = vm.place;
  const [first] = stack.rack.switches;
  first!.state.faults.add({ match: { path: '/multicast' }, action: { kind: 'status', status: 400, message: 'full' } });
  const migrated = await stack.outcome(await vm.migrate(2));
  first!.state.faults.clear();
  expect(migrated).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('full') });
  for (const ip of ips()) await stack.portsBecome(ip, ['rear2']);
  vm.stays(before);
  expect(await states(vm)).toEqual(['Joined', 'Joined']);
  expect(flows(1)).toEqual(flow(vm));
});

test('reconfigure: replaces the set', async () => {
  const vm = await running(0);
  await succeeds(vm.reconfigure([names[1]]));
  expect(held()).toEqual([
    [[], []],
    [['rear1'], ['rear1']],
  ]);
  expect(await states(vm)).toEqual([undefined, 'Joined']);
  expect(flows(0)).toEqual([`${vm.place.propolis_id} ${ips()[1]}`]);
});

test('reconfigure: with one group that is not there, all or nothing means nothing', async () => {
  const vm = await running(0);
  const event = { event_id: randomUUID(), generation: vm.generation + 1, kind: 'reconfigure' };
  const body = { ...event, multicast_groups: [names[1], 'nowhere'] };
  const answer = await stack.nexus('POST', `/instances/${vm.id}/events`, { body });
  expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('nowhere') } });
  expect(await states(vm)).toEqual(['Joined', 'Joined']);
  expect(held()).toEqual(on(['rear1']));
});

test('reboot: is recorded and changes nothing', async () => {
  const vm = await running(0);
  const before = stack.rack.writes();
  const reboot = await vm.reboot();
  await succeeds(Promise.resolve(reboot));
  expect(await stack.emitter.eventStatus(vm.id, reboot.eventId)).toMatchObject({ kind: 'reboot', groups: [] });
  expect(stack.rack.writes()).toEqual(before);
  expect(await states(vm)).toEqual(['Joined', 'Joined']);
});

test('fail: as stop, without asking the sled', async () => {
  const vm = await running(2);
  const asked = stack.rack.sleds[2]!.state.requests.counters();
  await succeeds(vm.fail());
  expect(await states(vm)).toEqual(['Left', 'Left']);
  expect(held()).toEqual(on([]));
  expect(stack.rack.sleds[2]!.state.requests.counters()).toEqual(asked);
  await succeeds(vm.delete());
});

test('known or overtaken events are answered as such and change nothing', async () => {
  const vm = await running(0);
  const event = { event_id: randomUUID(), generation: vm.generation + 1, kind: 'stop' };
  const post = (body: Record<string, unknown>) => stack.nexus('POST', `/instances/${vm.id}/events`, { body });
  expect(await post(event)).toMatchObject({ status: 202, body: { outcome: 'accepted' } });
  expect(await stack.emitter.waitForOutcome(vm.id, event.event_id)).toMatchObject({ outcome: 'succeeded' });
  expect(await post(event)).toMatchObject({ status: 200, body: { outcome: 'duplicate' } });
  expect(await post({ ...event, kind: 'fail' })).toMatchObject({ status: 409 });
  const older = { ...event, event_id: randomUUID(), generation: 1 };
  expect(await post(older)).toMatchObject({ status: 200, body: { outcome: 'stale' } });
  expect(await states(vm)).toEqual(['Left', 'Left']);
  expect(held()).toEqual(on([]));
});
