/** The scenes whose histories are recorded: one per workflow type and outcome, each driven to its end on a rack of its own. */
import { randomUUID } from 'node:crypto';
import type { EventRef } from '../../domain/events';
import { setMulticastEnabled } from '../../db/runtime-config';
import { groupWorkflowId, switchWorkflowId } from '../../domain/workflow-ids';
import { LIFE, newLife, registrationOf } from './lives';
import { settle } from './invariants';
import { until, type TestRack } from './rack';
import { refusePort } from './refused-ports';
import { freshIp, newVm, runningVm } from './vm';

export interface Recorded {
  /** `<type>.<outcome>` */
  name: string;
  workflowId: string;
  runId?: string;
}

const idOf = async (rack: TestRack, ref: EventRef) => (await rack.event(ref)).claimed_by!;

/** Waits for the group's workflow to complete by itself. */
async function lingered(rack: TestRack, groupId: string, name: string): Promise<Recorded> {
  const handle = rack.temporal.client.workflow.getHandle(groupWorkflowId(groupId));
  await handle.result();
  return { name: `groupConverge.${name}`, workflowId: groupWorkflowId(groupId) };
}

/** Each returns what it has to show; in this order, on one rack. */
export const SCENES: ((rack: TestRack) => Promise<Recorded[]>)[] = [
  async function aWholeLife(rack) {
    const life = await newLife(rack, await rack.group('common', freshIp()));
    const types: Record<string, string> = { 'start again': 'instanceStart.again', update: '' };
    const recorded: Recorded[] = [];
    for (const step of LIFE) {
      const ref = await step.run(life);
      if (ref === null) continue;
      await rack.outcome(ref);
      const type = `instance${step.name[0]!.toUpperCase()}${step.name.slice(1)}.succeeded`;
      recorded.push({ name: types[step.name] ?? type, workflowId: await idOf(rack, ref) });
    }
    return [...recorded, await lingered(rack, life.group, 'served')];
  },

  async function aGroupThatIsUpdated(rack) {
    const life = await newLife(rack, '');
    await settle(rack);
    await LIFE.find((step) => step.name === 'update')!.run(life);
    for await (const run of rack.temporal.client.workflow.list({
      query: `TaskQueue = '${rack.taskQueue}' and WorkflowType = 'groupUpdate'`,
    }))
      return [{ name: 'groupUpdate.served', workflowId: run.workflowId, runId: run.runId }];
    await until('it is visible', () => false, 1);
    return [];
  },

  async function aPortThatASwitchRefuses(rack) {
    const ip = freshIp();
    const group = await rack.group('refused', ip);
    const vm = await runningVm(rack, [group], 0);
    const source = vm.place;
    const accept = refusePort(rack.switches[0]!, 'rear2', ip);
    const migrate = await vm.migrate(1);
    await rack.outcome(migrate);
    vm.stays(source);
    await settle(rack);
    accept();
    const name = 'instanceMigrate.compensated';
    return [{ name, workflowId: await idOf(rack, migrate) }, await lingered(rack, group, 'refused-port')];
  },

  async function aSwitchThatFails(rack) {
    const group = await rack.group('failing', freshIp());
    const vm = newVm(rack);
    await rack.settled([await vm.create([group])]);
    const { faults } = rack.switches[1]!.state;
    for (const method of ['POST', 'PUT', 'DELETE'])
      faults.add({ match: { path: '/multicast*', method }, action: { kind: 'status', status: 400 } });
    const start = await vm.start(0);
    await rack.outcome(start);
    faults.clear();
    await settle(rack);
    const state = (await rack.event(start)).state;
    return [
      { name: `instanceStart.switch-${state}`, workflowId: await idOf(rack, start) },
      await lingered(rack, group, 'restored'),
    ];
  },

  async function aRegistrationThatIsRefused(rack) {
    const vm = newVm(rack);
    await rack.settled([await vm.create([])]);
    rack.sleds[0]!.state.faults.add({
      match: { method: 'PUT', path: '/vmms/*' },
      action: { kind: 'status', status: 400 },
    });
    const start = await vm.start(0, { vmm_registration: registrationOf(vm.id) });
    await rack.outcome(start);
    rack.sleds[0]!.state.faults.clear();
    return [{ name: 'instanceStart.compensated', workflowId: await idOf(rack, start) }];
  },

  async function aGroupThatIsGone(rack) {
    const group = await rack.group('gone', freshIp());
    const vms = [newVm(rack, { start: false }), newVm(rack)] as const;
    const create = await vms[0].create([group]);
    await rack.settled([await vms[1].create([])]);
    const reconfigure = await vms[1].post({ kind: 'reconfigure', multicast_groups: [group] }, false);
    await rack.deleteGroup(group);
    const gone = await lingered(rack, group, 'gone');
    await rack.temporal.startLifecycle('create', [create]);
    await rack.temporal.startLifecycle('reconfigure', [reconfigure]);
    await rack.settled([create, reconfigure]);
    return [
      gone,
      { name: 'instanceCreate.compensated', workflowId: await idOf(rack, create) },
      { name: 'instanceReconfigure.failed', workflowId: await idOf(rack, reconfigure) },
    ];
  },

  async function severalEventsInOneRun(rack) {
    const group = await rack.group('several', freshIp());
    const vms = Array.from({ length: 3 }, () => newVm(rack, { start: false }));
    const created = await Promise.all(vms.map((vm) => vm.create([group])));
    await rack.startTogether('create', created);
    await rack.settled(created);
    const started = await Promise.all(vms.map((vm, at) => vm.start(at)));
    await rack.startTogether('start', started);
    await rack.settled(started);
    return [{ name: 'instanceStart.several', workflowId: await idOf(rack, started[0]!) }];
  },

  async function oneThatIsOvertaken(rack) {
    const group = await rack.group('overtaken', freshIp());
    const vm = newVm(rack, { start: false });
    const refs = [await vm.create([group]), await vm.start(0), await vm.stop()];
    await rack.temporal.startLifecycle('stop', [refs[2]!]);
    await rack.outcome(refs[2]!);
    const { workflowId } = await rack.temporal.startLifecycle('start', [refs[1]!]);
    await rack.temporal.client.workflow.getHandle(workflowId).result();
    await rack.temporal.startLifecycle('create', [refs[0]!]);
    await rack.settled(refs);
    return [{ name: 'instanceStart.superseded', workflowId }];
  },

  async function oneThatIsCancelled(rack) {
    const group = await rack.group('cancelled', freshIp());
    const vm = newVm(rack);
    await rack.settled([await vm.create([group])]);
    await settle(rack);
    for (const facing of rack.switches) facing.state.pause('reset');
    const start = await vm.start(1);
    const id = `start/${vm.id}/${start.eventId}`;
    await until('it waits', async () => (await rack.event(start)).claimed_by !== null);
    await rack.temporal.client.workflow.getHandle(id).cancel();
    const outcome = await rack.outcome(start);
    for (const facing of rack.switches) facing.state.resume();
    await settle(rack);
    return outcome.state === 'failed' ? [{ name: 'instanceStart.cancelled', workflowId: id }] : [];
  },

  async function reconcileAndHealth(rack) {
    const recorded: Recorded[] = [];
    for (const type of ['reconcile', 'switchHealth']) {
      const workflowId = `${type}-${randomUUID()}`;
      await rack.temporal.client.workflow.execute(type, { taskQueue: rack.taskQueue, workflowId, args: [] });
      recorded.push({ name: `${type}.calm`, workflowId });
    }
    await rack.restartSwitch(1);
    const workflowId = `switchHealth-${randomUUID()}`;
    await rack.temporal.client.workflow.execute('switchHealth', { taskQueue: rack.taskQueue, workflowId, args: [] });
    await settle(rack);
    const resync = { name: 'switchResync.in-service', workflowId: switchWorkflowId(rack.switches[1]!.id) };
    return [...recorded, { name: 'switchHealth.resync', workflowId }, resync];
  },

  async function whileSwitchedOff(rack) {
    const vm = newVm(rack, { start: false });
    const create = await vm.create([]);
    await setMulticastEnabled(rack.db, false);
    const { workflowId } = await rack.temporal.startLifecycle('create', [create]);
    await rack.temporal.client.workflow.getHandle(workflowId).result();
    const reconcile = `reconcile-${randomUUID()}`;
    await rack.temporal.client.workflow.execute('reconcile', {
      taskQueue: rack.taskQueue,
      workflowId: reconcile,
      args: [],
    });
    return [
      { name: 'instanceCreate.disabled', workflowId },
      { name: 'reconcile.disabled', workflowId: reconcile },
    ];
  },
];
