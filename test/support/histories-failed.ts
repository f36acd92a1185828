/** Scenes of what resists, fails, is undone, overtaken or cancelled. */
import { acceptUpdate } from '../../db/group-updates';
import { groupUpdateWorkflowId } from '../../domain/workflow-ids';
import { created, lingered, taken, type Recorded, type Scene } from './histories';
import { settle } from './invariants';
import { registrationOf } from './lives';
import { until, type TestRack } from './rack';
import { refusePort } from './refused-ports';
import { freshIp, newVm, runningVm } from './vm';

/** Asks for other sources; resolves when the saga is over. */
export async function update(
  rack: TestRack,
  group: string,
  name: string,
  meanwhile?: () => unknown,
): Promise<Recorded> {
  const { updateId } = await rack.db.transaction((tx) =>
    acceptUpdate(tx, { groupId: group, name: null, description: null, sources: ['10.0.0.9'] }),
  );
  const over = rack.temporal.updateGroup({ updateId, group: { id: group, ip: '', name } });
  await meanwhile?.();
  const { outcome } = await over;
  return { name: `groupUpdate.${outcome === 'served' ? name : outcome}`, workflowId: groupUpdateWorkflowId(updateId) };
}

const aSwitchThatFailsOnce: Scene = {
  names: ['groupConverge.resisted'],
  async play({ rack }) {
    const group = await rack.group('resisted', freshIp());
    const [vm] = await created(rack, group, 1);
    await lingered(rack, group, '');
    rack.switches[1]!.state.faults.add({ match: { method: 'PUT' }, action: { kind: 'status', status: 500 }, times: 1 });
    const start = await vm!.start(0);
    await rack.temporal.startLifecycle('start', [start]);
    await rack.outcome(start);
    return [await lingered(rack, group, 'resisted')];
  },
};

const aSilentSled: Scene = {
  names: ['groupConverge.slow-sled'],
  async play({ rack }) {
    const group = await rack.group('slow-sled', freshIp());
    const vms = await created(rack, group, 2);
    await lingered(rack, group, '');
    rack.sleds[1]!.state.pause('hang');
    const started = [await vms[0]!.start(0), await vms[1]!.start(1)];
    await rack.startTogether('start', started);
    await rack.outcome(started[0]!);
    rack.sleds[1]!.state.resume();
    await rack.outcome(started[1]!);
    return [await lingered(rack, group, 'slow-sled')];
  },
};

const aPortThatASwitchRefuses: Scene = {
  names: ['instanceMigrate.refused', 'groupConverge.refused-port-resisted'],
  async play({ rack }) {
    const ip = freshIp();
    const group = await rack.group('refused', ip);
    const vm = await runningVm(rack, [group], 0);
    await lingered(rack, group, '');
    const source = vm.place;
    const accept = refusePort(rack.switches[0]!, 'rear2', ip);
    const migrate = await vm.migrate(1);
    await rack.outcome(migrate);
    vm.stays(source);
    await settle(rack);
    accept();
    return [
      await taken(rack, migrate, 'instanceMigrate.refused'),
      await lingered(rack, group, 'refused-port-resisted'),
    ];
  },
};

const aSwitchThatFails: Scene = {
  names: ['instanceStart.switch-refused', 'groupConverge.put-back'],
  async play({ rack }) {
    const group = await rack.group('failing', freshIp());
    const [vm] = await created(rack, group, 1);
    await lingered(rack, group, '');
    const { faults } = rack.switches[1]!.state;
    for (const method of ['POST', 'PUT', 'DELETE'])
      faults.add({ match: { path: '/multicast*', method }, action: { kind: 'status', status: 400 } });
    const start = await vm!.start(0);
    await rack.temporal.startLifecycle('start', [start]);
    await rack.outcome(start);
    faults.clear();
    await settle(rack);
    return [await taken(rack, start, 'instanceStart.switch-refused'), await lingered(rack, group, 'put-back')];
  },
};

const updates: Scene = {
  names: ['groupUpdate.at-once', 'groupUpdate.refused', 'groupUpdate.failed'],
  async play({ rack }) {
    const recorded: Recorded[] = [];
    for (const [at, status] of [null, 400, 503].entries()) {
      const group = await rack.group(`updated-${at}`, `232.7.7.${at + 1}`, { sources: ['10.0.0.1'] });
      await runningVm(rack, [group], 0);
      await settle(rack);
      const { faults } = rack.switches[1]!.state;
      const match = { method: 'PUT', path: '/multicast/external-groups' };
      if (status !== null) faults.add({ match, action: { kind: 'status', status } });
      recorded.push(await update(rack, group, 'at-once'));
      faults.clear();
      await settle(rack);
    }
    return recorded;
  },
};

const aRegistrationThatIsRefused: Scene = {
  names: ['instanceStart.unregistered', 'instanceMigrate.unregistered'],
  async play({ rack }) {
    const group = await rack.group('unregistered', freshIp());
    const [starting, moving] = [newVm(rack), await runningVm(rack, [group], 0)];
    const source = moving.place;
    await rack.settled([await starting.create([group])]);
    const { faults } = rack.sleds[1]!.state;
    faults.add({ match: { method: 'PUT', path: '/vmms/*' }, action: { kind: 'status', status: 400 } });
    const start = await starting.start(1, { vmm_registration: registrationOf(starting.id) });
    const migrate = await moving.migrate(1, { vmm_registration: registrationOf(moving.id) });
    await rack.settled([start, migrate]);
    moving.stays(source);
    faults.clear();
    return [
      await taken(rack, start, 'instanceStart.unregistered'),
      await taken(rack, migrate, 'instanceMigrate.unregistered'),
    ];
  },
};

const aGroupThatIsGone: Scene = {
  names: ['instanceCreate.group-gone', 'instanceReconfigure.group-gone', 'groupConverge.gone-at-once'],
  async play({ rack }) {
    const group = await rack.group('gone', freshIp());
    const vms = [newVm(rack, { start: false }), newVm(rack)] as const;
    const create = await vms[0].create([group]);
    await rack.settled([await vms[1].create([])]);
    const reconfigure = await vms[1].post({ kind: 'reconfigure', multicast_groups: [group] }, false);
    await rack.deleteGroup(group);
    const gone = await lingered(rack, group, 'gone-at-once');
    await rack.temporal.startLifecycle('create', [create]);
    await rack.temporal.startLifecycle('reconfigure', [reconfigure]);
    await rack.settled([create, reconfigure]);
    return [
      gone,
      await taken(rack, create, 'instanceCreate.group-gone'),
      await taken(rack, reconfigure, 'instanceReconfigure.group-gone'),
    ];
  },
};

const oneThatIsOvertaken: Scene = {
  names: ['instanceStart.overtaken', 'instanceStart.overtaken-under-way'],
  async play({ rack, injector }) {
    const group = await rack.group('overtaken', freshIp());
    const vm = newVm(rack, { start: false });
    const refs = [await vm.create([group]), await vm.start(0), await vm.stop()];
    await rack.temporal.startLifecycle('stop', [refs[2]!]);
    await rack.outcome(refs[2]!);
    const { workflowId } = await rack.temporal.startLifecycle('start', [refs[1]!]);
    await rack.temporal.client.workflow.getHandle(workflowId).result();
    await rack.temporal.startLifecycle('create', [refs[0]!]);
    await rack.settled(refs);
    const round = injector.hold({ activity: 'beginRound', about: [group] });
    const start = await vm.post({ kind: 'start', ...vm.place }, true);
    await round.reached;
    const stop = await vm.post({ kind: 'stop' }, true);
    await until('it is overtaken', async () => (await rack.members(group))[0]?.sled_id === null);
    round.release();
    await rack.settled([start, stop]);
    return [
      { name: 'instanceStart.overtaken', workflowId },
      await taken(rack, start, 'instanceStart.overtaken-under-way'),
    ];
  },
};

const oneThatIsCancelled: Scene = {
  names: ['instanceStart.cancelled-while-taking'],
  async play({ rack, injector }) {
    const group = await rack.group('cancelled', freshIp());
    const [vm] = await created(rack, group, 1);
    const round = injector.hold({ activity: 'beginRound', about: [group] });
    const start = await vm!.start(0);
    const { workflowId } = await rack.temporal.startLifecycle('start', [start]);
    await round.reached;
    const run = rack.temporal.client.workflow.getHandle(workflowId);
    await run.cancel();
    await run.result().catch(() => undefined);
    round.release();
    await settle(rack);
    return [{ name: 'instanceStart.cancelled-while-taking', workflowId }];
  },
};

export const FAILED: Scene[] = [
  aSwitchThatFailsOnce,
  aSilentSled,
  aPortThatASwitchRefuses,
  aSwitchThatFails,
  updates,
  aRegistrationThatIsRefused,
  aGroupThatIsGone,
  oneThatIsOvertaken,
  oneThatIsCancelled,
];
