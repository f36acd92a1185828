/** Runs of three events of which the second fails: what the others get, and what is undone of it, one scene for each way to fail. */
import { randomUUID } from 'node:crypto';
import type { EventRef, WorkflowKind } from '../../domain/events';
import type { ActivityName } from './injector';
import { registrationOf } from './lives';
import { until, type TestRack } from './rack';
import { refusePort } from './refused-ports';
import { freshIp, newVm, type Vm } from './vm';

export interface Trio {
  rack: TestRack;
  group: string;
  ip: string;
  vms: Vm[];
}

export interface Scene {
  name: string;
  kind: WorkflowKind;
  /** Members of a group of their own, before the run. */
  prepare(rack: TestRack): Promise<Trio>;
  /** Accepts the three events; the second will fail. */
  post(trio: Trio): Promise<EventRef[]>;
  /** Of the group on both switches afterwards: the others' ports, and what the second had before. */
  ports: string[];
  /** Activities that are called or not, as the rounds happen to come. */
  perhaps?: ActivityName[];
  /** States of its members, in the order of the instances; null = it is none. */
  members: (string | null)[];
}

/** What a call about them names, in its input or as its workflow. */
export const idsOf = ({ vms, group }: Trio): string[] => [...vms.map((vm) => vm.id), group];

const inTurn = (vms: Vm[], post: (vm: Vm, at: number) => Promise<EventRef>) => Promise.all(vms.map(post));

async function notStarted(rack: TestRack): Promise<Trio> {
  const ip = freshIp();
  return {
    rack,
    ip,
    group: await rack.group(`trio-${randomUUID()}`, ip),
    vms: [1, 2, 3].map(() => newVm(rack, { start: false })),
  };
}

async function created(rack: TestRack): Promise<Trio> {
  const trio = await notStarted(rack);
  const events = await inTurn(trio.vms, (vm) => vm.create([trio.group]));
  await rack.startTogether('create', events);
  await rack.settled(events, 60_000);
  return trio;
}

async function running(rack: TestRack): Promise<Trio> {
  const trio = await created(rack);
  const events = await inTurn(trio.vms, (vm) => vm.start(0));
  await rack.startTogether('start', events);
  await rack.settled(events, 60_000);
  return trio;
}

export const SCENES: Scene[] = [
  {
    name: 'a group of it is gone',
    kind: 'create',
    prepare: notStarted,
    async post({ rack, group, vms }) {
      const gone = await rack.group(`gone-${randomUUID()}`, freshIp());
      const events = await inTurn(vms, (vm, at) => vm.create(at === 1 ? [group, gone] : [group]));
      await rack.deleteGroup(gone);
      await until('the group is gone', async () => !(await rack.groupExists(gone)));
      return events;
    },
    ports: [],
    members: ['left', null, 'left'],
  },
  {
    name: 'its registration is refused',
    kind: 'start',
    prepare: created,
    async post({ rack, vms }) {
      const events = await inTurn(vms, (vm) => vm.start(1, { vmm_registration: registrationOf(vm.id) }));
      rack.sleds[1]!.state.faults.add({
        match: { method: 'PUT', path: `/vmms/${vms[1]!.place.propolis_id}` },
        action: { kind: 'status', status: 400 },
      });
      return events;
    },
    ports: ['rear2'],
    members: ['joined', 'left', 'joined'],
    perhaps: ['deactivateFlows'],
  },
  {
    name: 'a switch refuses its port',
    kind: 'start',
    prepare: created,
    post({ rack, ip, vms }) {
      refusePort(rack.switches[1]!, 'rear4', ip);
      return inTurn(vms, (vm, at) => vm.start(at === 1 ? 3 : at));
    },
    ports: ['rear1', 'rear3'],
    members: ['joined', 'joining', 'joined'],
  },
  {
    name: 'a switch refuses its target',
    kind: 'migrate',
    prepare: running,
    async post({ rack, ip, vms }) {
      refusePort(rack.switches[1]!, 'rear4', ip);
      const source = vms[1]!.place;
      const events = await inTurn(vms, (vm, at) => vm.migrate(at === 1 ? 3 : 1));
      vms[1]!.stays(source);
      return events;
    },
    ports: ['rear1', 'rear2'],
    members: ['joined', 'joined', 'joined'],
  },
];
