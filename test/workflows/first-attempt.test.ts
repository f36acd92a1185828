/** A round at its first attempt: one step where nothing resists; what resists, and only that, goes on as steps that people see. */
import { sql } from 'drizzle-orm';
import { LIMITS } from '../../domain/limits';
import { groupWorkflowId } from '../../domain/workflow-ids';
import { Injector } from '../support/injector';
import { expectInvariants, settle } from '../support/invariants';
import { startRack, until, type TestRack } from '../support/rack';
import { refusePort } from '../support/refused-ports';
import { shownBy, type Shown } from '../support/told-history';
import { startVictim } from '../support/victim';
import { freshIp, newVm, type Vm } from '../support/vm';

const injector = new Injector();
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap, visibleSteps: false });
  await rack.bringUp();
});
afterAll(() => rack.close());
afterEach(async () => {
  injector.clear();
  for (const each of [...rack.switches, ...rack.sleds]) {
    each.state.faults.clear();
    each.state.resume();
  }
  await expectInvariants(rack);
});

/** A group at rest, whose next round is the first of a new run, and instances that are its members. */
async function atRest(name: string, vms: number): Promise<{ ip: string; group: string; vms: Vm[] }> {
  const ip = freshIp();
  const group = await rack.group(name, ip);
  const members = Array.from({ length: vms }, () => newVm(rack, { start: false }));
  const created = await Promise.all(members.map((vm) => vm.create([group])));
  await rack.startTogether('create', created);
  await rack.settled(created);
  await settle(rack);
  await until('its run is over', async () => {
    const { status } = await rack.temporal.client.workflow.getHandle(groupWorkflowId(group)).describe();
    return status.name === 'COMPLETED';
  });
  return { ip, group, vms: members };
}

async function startAll(vms: Vm[], sleds: number[]) {
  const started = await Promise.all(vms.map((vm, at) => vm.start(sleds[at]!)));
  await rack.startTogether('start', started);
  return started;
}

const roundOf = async (group: string) => {
  const rows = await rack.db.execute<{ round: number }>(sql`select round from multicast_group where id = ${group}`);
  return rows[0]!.round;
};
const rounds = ({ local }: Shown) => local.filter((step) => step.activity === 'beginRound').map(kindOf);
const kindOf = ({ result }: Shown['local'][number]) => (result as { kind: string }).kind;
const since = (before: number[]) => rack.writes().map((writes, at) => writes - before[at]!);
const joins = (sled: number) =>
  rack.sleds[sled]!.state.requests.recent().filter(
    ({ method, template }) => method === 'PUT' && template.includes('multicast'),
  ).length;

test('nothing resists: the round is one local step, and nothing else is asked of anybody', async () => {
  const { ip, group, vms } = await atRest('calm', 1);
  const before = rack.writes();
  expect(await rack.settled(await startAll(vms, [0]))).toEqual(['succeeded']);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined', reason: null }]);
  expect([rack.both(ip), since(before)]).toEqual([
    [['rear1'], ['rear1']],
    [1, 1],
  ]);
  const run = await until('its step is over', async () => {
    const shown = await shownBy(rack, groupWorkflowId(group));
    return shown.local.length > 0 && shown;
  });
  expect(rounds(run)).toEqual(['done']);
  expect([run.local.length, run.visible]).toEqual([1, []]);
});

test('a switch that answers 500 once: it is asked again where people see it, and the other one is not', async () => {
  const { ip, group, vms } = await atRest('once', 1);
  const before = rack.writes();
  rack.switches[1]!.state.faults.add({ match: { method: 'PUT' }, action: { kind: 'status', status: 500 }, times: 1 });
  expect(await rack.settled(await startAll(vms, [0]))).toEqual(['succeeded']);
  const { visible, local } = await shownBy(rack, groupWorkflowId(group));
  // What comes after it in the round comes after it there too.
  expect(visible).toEqual([
    expect.stringMatching(`^switch1 ${ip} `),
    expect.stringMatching(`^sled ${rack.sleds[0]!.id} ${ip} join$`),
  ]);
  expect(kindOf(local[0]!)).toBe('round');
  expect([rack.both(ip), since(before)[0]]).toEqual([[['rear1'], ['rear1']], 1]);
});

test('a switch that refuses a new port: the visible steps find it, and all others are served', async () => {
  const { ip, group, vms } = await atRest('refused', 3);
  const accept = refusePort(rack.switches[1]!, 'rear2', ip);
  const started = await startAll(vms, [0, 1, 2]);
  expect(await rack.settled(started)).toEqual(['succeeded', 'failed', 'succeeded']);
  expect((await rack.event(started[1]!)).reason).toMatch(/switch1.*no such port: rear2/);
  expect(rack.both(ip)).toEqual([
    ['rear1', 'rear3'],
    ['rear1', 'rear3'],
  ]);
  expect((await shownBy(rack, groupWorkflowId(group))).visible).toEqual(
    expect.arrayContaining([
      expect.stringMatching('^without new ports switch1 '),
      expect.stringMatching('^try rear2 switch1 '),
    ]),
  );
  accept();
});

test('a silent sled: what is true without it is committed before it has answered, and only its step is visible', async () => {
  const { group, vms } = await atRest('silent', 2);
  rack.sleds[1]!.state.pause('hang');
  const [served, waiting] = await startAll(vms, [0, 1]);
  expect((await rack.outcome(served!)).state).toBe('succeeded');
  const [took] = await rack.db.execute<{ ms: number }>(sql`
    select extract(epoch from time_finished - time_applied)::float8 * 1000 as ms from instance_event
    where event_id = ${served!.eventId}`);
  expect(took!.ms).toBeLessThan(LIMITS.sledCallMs);
  const run = await until('it is asked again', async () => {
    const shown = await shownBy(rack, groupWorkflowId(group));
    return shown.visible.length > 0 && shown;
  });
  expect(run.visible).toEqual([expect.stringMatching(`^sled ${rack.sleds[1]!.id} .* join$`)]);
  expect((await rack.event(waiting!)).state).toBe('running');
  rack.sleds[1]!.state.resume();
  expect((await rack.outcome(waiting!)).state).toBe('succeeded');
  expect((await rack.members(group)).map((member) => member.state)).toEqual(['joined', 'joined']);
});

test('a sled that refuses for good: it is asked once in a round, its member says why, and no step is visible', async () => {
  const { group, vms } = await atRest('no', 2);
  const [before, asked] = [await roundOf(group), joins(1)];
  rack.sleds[1]!.state.faults.add({
    match: { method: 'PUT' },
    action: { kind: 'status', status: 400, message: 'no such NIC' },
  });
  const started = await startAll(vms, [0, 1]);
  expect(await rack.settled(started)).toEqual(['succeeded', 'failed']);
  const members = await rack.members(group);
  const refused = members.find((member) => member.instance_id === vms[1]!.id);
  expect(refused).toMatchObject({ state: 'joining', reason: expect.stringMatching(/no such NIC/) });
  expect((await shownBy(rack, groupWorkflowId(group))).visible).toEqual([]);
  const [made, again] = [(await roundOf(group)) - before, joins(1) - asked];
  expect(again).toBeGreaterThan(0);
  expect(again).toBeLessThanOrEqual(made);
});

test('a worker that dies in the middle of a first attempt: the next one begins a round of its own, and it ends right', async () => {
  const { ip, group, vms } = await atRest('died', 2);
  const before = await roundOf(group);
  await rack.stopWorker();
  const victim = await startVictim(rack, [], 'before');
  rack.switches[1]!.state.pause('hang');
  const started = await startAll(vms, [0, 1]);
  await until('one switch has it', () => rack.ports(0, ip)?.length === 2);
  await victim.kill();
  expect(rack.ports(1, ip)).toEqual([]);
  rack.switches[1]!.state.resume();
  await rack.startWorker();
  expect(await rack.settled(started)).toEqual(['succeeded', 'succeeded']);
  expect(await roundOf(group)).toBeGreaterThanOrEqual(before + 2);
  expect(rack.both(ip)).toEqual([
    ['rear1', 'rear2'],
    ['rear1', 'rear2'],
  ]);
});

test.each([
  ['twice', Infinity],
  ['after', 3],
] as const)('a first attempt whose result is lost (%s): the switches are written once', async (how, times) => {
  const { ip, group, vms } = await atRest(`lost-${how}`, 1);
  const before = rack.writes();
  const fault = injector.add({ activity: 'beginRound', how, times, about: [group] });
  expect(await rack.settled(await startAll(vms, [0]))).toEqual(['succeeded']);
  await settle(rack);
  expect(fault.injected).toBeGreaterThan(0);
  expect([rack.both(ip), since(before)]).toEqual([
    [['rear1'], ['rear1']],
    [1, 1],
  ]);
});
