/**
 * Racks are upgraded piece by piece: agents of version 4 and 5, switches of version 1 and 13, and every lifecycle event over HTTP on
 * each pair, with an upgrade of both in the middle of a life. Prints the matrix.
 */
import { randomUUID } from 'node:crypto';
import type { EventRef } from '../../domain/events';
import { ASM, bodyV4, bodyV5, raw } from '../dataplane/sled-agent-bodies';
import { delivers } from '../support/delivery';
import { expectInvariants, settle } from '../support/invariants';
import { registrationOf } from '../support/lives';
import { startRack, type TestRack } from '../support/rack';
import { upgradeAgent, upgradeSwitch } from '../support/upgrade';
import { newVm, type Vm } from '../support/vm';

const IP = '232.11.0.1';
const SOURCES = ['10.0.0.1', '10.0.0.2'];

interface Stage {
  kind: string;
  run: (vm: Vm, groups: string[]) => Promise<EventRef>;
  /** On both switches, once it is over. */
  ports: string[];
  state: 'left' | 'joined' | null;
}

const STAGES: Stage[] = [
  { kind: 'create', run: (vm, groups) => vm.create(groups), ports: [], state: 'left' },
  { kind: 'start', run: (vm) => vm.start(0), ports: ['rear1'], state: 'joined' },
  { kind: 'reboot', run: (vm) => vm.reboot(), ports: ['rear1'], state: 'joined' },
  { kind: 'migrate', run: (vm) => vm.migrate(1), ports: ['rear2'], state: 'joined' },
  { kind: 'reconfigure', run: (vm, groups) => vm.reconfigure(groups.toReversed()), ports: ['rear2'], state: 'joined' },
  { kind: 'stop', run: (vm) => vm.stop(), ports: [], state: 'left' },
  {
    kind: 'start, registered',
    run: (vm) => vm.start(0, { vmm_registration: registrationOf(vm.id) }),
    ports: ['rear1'],
    state: 'joined',
  },
  {
    kind: 'migrate, registered',
    run: (vm) => vm.migrate(1, { vmm_registration: bodyOf5(vm.id) }),
    ports: ['rear2'],
    state: 'joined',
  },
  { kind: 'fail', run: (vm) => vm.fail(), ports: [], state: 'left' },
  { kind: 'delete', run: (vm) => vm.delete(), ports: [], state: null },
];

/** As a newer Nexus would send it along: with a list of groups that is not the one that counts. */
const bodyOf5 = (instance: string) => ({ ...bodyV5([ASM]), instance_id: instance });

const matrix = new Map<string, Map<string, string>>();
const note = (row: string, column: string, outcome: string) =>
  matrix.set(row, (matrix.get(row) ?? new Map<string, string>()).set(column, outcome));
const walked = { packets: 0, triples: 0, wrong: 0 };

let rack: TestRack;
afterEach(() => rack.close());
afterAll(() => {
  const columns = [...new Set([...matrix.values()].flatMap((row) => [...row.keys()]))];
  const width = Math.max(...columns.map((column) => column.length), 'succeeded, port only'.length);
  const line = (head: string, cells: string[]) =>
    [head.padEnd(26), ...cells.map((cell) => cell.padEnd(width))].join('  ');
  const rows = [...matrix].map(([row, cells]) =>
    line(
      row,
      columns.map((column) => cells.get(column) ?? '-'),
    ),
  );
  const { packets, triples, wrong } = walked;
  const sum = `${packets} packets, ${triples} (packet, group, instance) triples checked, ${wrong} wrong`;
  process.stdout.write(`${[line('', columns), ...rows, sum].map((text) => text.trimEnd()).join('\n')}\n`);
});

async function begin(options: { switchApi: 13 | 1; sledApi: 4 | 5 }) {
  rack = await startRack({ ...options, sleds: 3 });
  await rack.bringUp();
  const groups = [
    await rack.group('source-specific', IP, { sources: SOURCES, vni: 99 }),
    await rack.group('wide', 'ff0e::11:1', { mvlan: 7, uplinks: ['switch0.qsfp0'] }),
  ];
  // Somebody beside it in the same group, who must not notice.
  const other = newVm(rack);
  await rack.settled([await other.create(groups), await other.start(2)]);
  return groups;
}

/** Runs one stage to its end and says what came of it, in the rows, on the switches and for the packets. */
async function runStage({ kind, run, ports, state }: Stage, vm: Vm, groups: string[], column: string) {
  const { state: outcome, reason } = await rack.outcome(await run(vm, groups));
  await settle(rack);
  const members = (await rack.members(groups[0]!)).filter((row) => row.instance_id === vm.id);
  const { packets, triples, wrong } = await delivers(rack);
  walked.packets += packets;
  walked.triples += triples;
  walked.wrong += wrong.length;
  const remark = members[0]?.reason?.includes('version 4') === true ? ', port only' : '';
  note(kind, column, `${outcome}${remark}`);
  const beside = [...ports, 'rear3'];
  expect({ kind, outcome, reason, ports: rack.both(IP), state: members[0]?.state ?? null, wrong }).toEqual({
    kind,
    outcome: 'succeeded',
    reason: null,
    ports: [beside, beside],
    state,
    wrong: [],
  });
}

describe.each([4, 5] as const)('agents of version %d', (sledApi) => {
  test.each([1, 13] as const)(
    'and switches of version %d: every event kind',
    async (switchApi) => {
      const column = `agent ${sledApi}, switch ${switchApi}`;
      const groups = await begin({ switchApi, sledApi });
      const vm = newVm(rack);
      for (const stage of STAGES) {
        await runStage(stage, vm, groups, column);
        if (!stage.kind.includes('registered')) continue;
        const registered = rack.sleds.flatMap(({ state }) => state.vmms.view());
        const { nics } = registered.find((each) => each.propolis_id === vm.place.propolis_id)!;
        expect(nics[0]!.prepared.map((group) => group.group_ip)).toEqual(sledApi === 4 ? [] : [IP, 'ff0e::11:1']);
      }
      await expectInvariants(rack);
      for (const [what, [status, expected]] of Object.entries(await wrongVersions(sledApi))) {
        note(what, column, String(status));
        expect({ what, status }).toEqual({ what, status: expected });
      }
    },
    180_000,
  );
});

/** What the agent makes of requests of each version, by hand; and what it should. */
async function wrongVersions(newest: 4 | 5): Promise<Record<string, [number, number]>> {
  const { url, state } = rack.sleds[0]!;
  const vmm = `/vmms/${randomUUID()}`;
  const group = `${vmm}/multicast-group`;
  const ask = async (version: string | null, body: unknown, path = vmm) =>
    (await raw(url, 'PUT', path, version, body)).status;
  const known = newest === 5;
  const answers: Record<string, [number, number]> = {
    'body 4 as 4.0.0': [await ask('4.0.0', bodyV4()), 200],
    'body 4 as 5.0.0': [await ask('5.0.0', bodyV4()), 400],
    'join as 4.0.0': [await ask('4.0.0', { join: ASM }, group), 404],
    'join as 5.0.0': [await ask('5.0.0', { join: ASM }, group), known ? 204 : 400],
    'body 5 as 6.0.0': [await ask('6.0.0', bodyV5()), 400],
    'body 5 without a version': [await ask(null, bodyV5()), 400],
  };
  state.vmms.unregister(vmm.slice('/vmms/'.length));
  const other = `/vmms/${randomUUID()}`;
  answers['body 5 as 4.0.0'] = [await ask('4.0.0', bodyV5([ASM]), other), 200];
  state.vmms.unregister(other.slice('/vmms/'.length));
  const third = `/vmms/${randomUUID()}`;
  answers['body 5 as 5.0.0'] = [await ask('5.0.0', bodyV5([ASM]), third), known ? 200 : 400];
  state.vmms.unregister(third.slice('/vmms/'.length));
  return answers;
}

test('everything is upgraded in the middle of a life', async () => {
  const column = '4, 1 → 5, 13';
  const groups = await begin({ switchApi: 1, sledApi: 4 });
  const vm = newVm(rack);
  const stages = (from: number, to: number) => STAGES.slice(from, to);
  for (const stage of stages(0, 3)) await runStage(stage, vm, groups, column);
  // One of each first: a rack of mixed versions is a rack like any other.
  await upgradeSwitch(rack, 0);
  upgradeAgent(rack, 1);
  await rack.bringUp();
  await rack.run('reconcile');
  for (const stage of stages(3, 5)) await runStage(stage, vm, groups, column);
  await upgradeSwitch(rack, 1);
  for (const at of rack.sleds.keys()) upgradeAgent(rack, at);
  await rack.bringUp();
  await rack.run('reconcile');
  await expectInvariants(rack);
  expect((await rack.members(groups[0]!)).map(({ reason }) => reason)).toEqual([null, null]);
  expect((await rack.members(groups[1]!)).map(({ state }) => state)).toEqual(['joined', 'joined']);
  note('reconcile', column, 'all joined');
  for (const stage of stages(5, STAGES.length)) await runStage(stage, vm, groups, column);
  await expectInvariants(rack);
}, 180_000);
