/**
 * The scenes whose histories are recorded: one per workflow type and outcome, each driven to its end. Those that wait for a bound are in
 * histories-slow.ts, those of events that fail in histories-failed.ts.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { EventRef } from '../../domain/events';
import { groupWorkflowId, switchWorkflowId } from '../../domain/workflow-ids';
import { setMulticastEnabled } from '../../db/runtime-config';
import { tagOf } from '../../domain/switch-edits';
import { underlayAddress } from '../../domain/underlay';
import type { Injector } from './injector';
import { settle } from './invariants';
import { LIFE, newLife } from './lives';
import { byHand } from './out-of-order';
import { until, type TestRack } from './rack';
import { startVictim } from './victim';
import { freshIp, newVm, runningVm, type Vm } from './vm';

export interface Recorded {
  /** `<type>.<outcome>`, and the shape where earlier builds recorded the same outcome in another one. */
  name: string;
  workflowId: string;
  runId?: string;
}

export interface Stage {
  rack: TestRack;
  injector: Injector;
}

export interface Scene {
  /** What it has to show. */
  names: string[];
  play(stage: Stage): Promise<Recorded[]>;
}

/** The run that took the event, to its end; there may be others of its id later. */
export const taken = async (rack: TestRack, ref: EventRef, name: string): Promise<Recorded> => {
  const workflowId = (await rack.event(ref)).claimed_by!;
  const run = rack.temporal.client.workflow.getHandle(workflowId);
  await run.result().catch(() => undefined);
  return { name, workflowId, runId: (await run.describe()).runId };
};

/** Waits for the group's workflow to complete by itself. */
export async function lingered(rack: TestRack, groupId: string, name: string): Promise<Recorded> {
  const handle = rack.temporal.client.workflow.getHandle(groupWorkflowId(groupId));
  await handle.result();
  return {
    name: `groupConverge.${name}`,
    workflowId: groupWorkflowId(groupId),
    runId: (await handle.describe()).runId,
  };
}

export async function executed(rack: TestRack, type: string, name: string): Promise<Recorded> {
  const workflowId = `${type}-${randomUUID()}`;
  await rack.temporal.client.workflow.execute(type, { taskQueue: rack.taskQueue, workflowId, args: [] });
  return { name: `${type}.${name}`, workflowId };
}

/** Members that do not run yet. */
export async function created(rack: TestRack, group: string, count: number): Promise<Vm[]> {
  const vms = Array.from({ length: count }, () => newVm(rack, { start: false }));
  const events = await Promise.all(vms.map((vm) => vm.create([group])));
  await rack.startTogether('create', events);
  await rack.settled(events);
  await settle(rack);
  return vms;
}

const shapeOf: Record<string, string> = {
  start: 'instanceStart.registered',
  'start again': 'instanceStart.first-attempt',
};
const nameOf = (step: string) => shapeOf[step] ?? `instance${step[0]!.toUpperCase()}${step.slice(1)}.first-attempt`;
const EVENTS = LIFE.map((step) => step.name).filter((step) => step !== 'update');

const aWholeLife: Scene = {
  names: [...EVENTS.map(nameOf), 'groupConverge.first-attempt'],
  async play({ rack }) {
    const life = await newLife(rack, await rack.group('common', freshIp()));
    const recorded: Recorded[] = [];
    for (const step of LIFE) {
      const ref = await step.run(life);
      if (ref === null) continue;
      await rack.outcome(ref);
      recorded.push(await taken(rack, ref, nameOf(step.name)));
    }
    return [...recorded, await lingered(rack, life.group, 'first-attempt')];
  },
};

const severalEventsInOneRun: Scene = {
  names: ['instanceCreate.several', 'instanceStart.several-at-once', 'instanceStop.several'],
  async play({ rack }) {
    const group = await rack.group('several', freshIp());
    const vms = await created(rack, group, 3);
    const [create] = await rack.db.execute<{ run: string }>(
      sql`select claimed_by as run from instance_event where instance_id = ${vms[0]!.id}`,
    );
    const started = await Promise.all(vms.map((vm, at) => vm.start(at)));
    await rack.startTogether('start', started);
    await rack.settled(started);
    const stopped = await Promise.all(vms.map((vm) => vm.stop()));
    await rack.startTogether('stop', stopped);
    await rack.settled(stopped);
    return [
      { name: 'instanceCreate.several', workflowId: create!.run },
      await taken(rack, started[0]!, 'instanceStart.several-at-once'),
      await taken(rack, stopped[0]!, 'instanceStop.several'),
    ];
  },
};

/** Nobody waits in the process any more when the round ends: the signal ends the run. */
const aRoundThatTakesLong: Scene = {
  names: ['instanceStart.told'],
  async play({ rack, injector }) {
    const group = await rack.group('long', freshIp());
    const [vm] = await created(rack, group, 1);
    const round = injector.hold({ activity: 'beginRound', about: [group] });
    const start = await vm!.start(0);
    const { workflowId } = await rack.temporal.startLifecycle('start', [start]);
    await until('its first step is over', async () => {
      const { events } = await rack.temporal.client.workflow.getHandle(workflowId).fetchHistory();
      return events?.some((event) => event.markerRecordedEventAttributes != null);
    });
    round.release();
    await rack.outcome(start);
    return [await taken(rack, start, 'instanceStart.told')];
  },
};

const aWorkerThatDies: Scene = {
  names: ['groupConverge.after-a-crash', 'instanceStart.after-a-crash'],
  async play({ rack }) {
    const ip = freshIp();
    const group = await rack.group('crash', ip);
    const [vm] = await created(rack, group, 1);
    await lingered(rack, group, '');
    await rack.stopWorker();
    const victim = await startVictim(rack, [], 'before');
    rack.switches[1]!.state.pause('hang');
    const start = await vm!.start(0);
    await rack.temporal.startLifecycle('start', [start]);
    await until('one switch has it', () => rack.ports(0, ip)?.length === 1);
    await victim.kill();
    rack.switches[1]!.state.resume();
    await rack.startWorker();
    await rack.outcome(start);
    return [await taken(rack, start, 'instanceStart.after-a-crash'), await lingered(rack, group, 'after-a-crash')];
  },
};

/** Recorded on a server that suggests it early. */
const aLongHistory: Scene = {
  names: ['groupConverge.continued-as-new'],
  async play({ rack, injector }) {
    const group = await rack.group('long-history', freshIp());
    await created(rack, group, 1);
    await lingered(rack, group, '');
    const round = injector.hold({ activity: 'beginRound', about: [group] });
    const wake = () => rack.temporal.wakeGroup({ id: group, ip: '', name: '' });
    await wake();
    await round.reached;
    const { runId } = await rack.temporal.client.workflow.getHandle(groupWorkflowId(group)).describe();
    const run = rack.temporal.client.workflow.getHandle(groupWorkflowId(group), runId);
    for (let sent = 0; sent < 200; sent += 20) await Promise.all(Array.from({ length: 20 }, wake));
    round.release();
    await until('it has continued as new', async () => {
      const vm = await runningVm(rack, [group], 0);
      await rack.settled([await vm.delete()]);
      return (await run.describe()).status.name === 'CONTINUED_AS_NEW';
    });
    return [{ name: 'groupConverge.continued-as-new', workflowId: groupWorkflowId(group), runId }];
  },
};

const reconcileAndHealth: Scene = {
  names: ['reconcile.calm', 'reconcile.drift', 'switchHealth.calm', 'switchHealth.resync', 'switchResync.in-service'],
  async play({ rack }) {
    const ip = freshIp();
    const group = await rack.group('drift', ip);
    await runningVm(rack, [group], 0);
    await settle(rack);
    const calm = [await executed(rack, 'reconcile', 'calm'), await executed(rack, 'switchHealth', 'calm')];
    await byHand(rack, 0, [{ op: 'replaceMembers', ip: underlayAddress(ip, 0), tag: tagOf(group), members: [] }]);
    const drift = await executed(rack, 'reconcile', 'drift');
    await rack.restartSwitch(1);
    const resync = await executed(rack, 'switchHealth', 'resync');
    await settle(rack);
    const back = { name: 'switchResync.in-service', workflowId: switchWorkflowId(rack.switches[1]!.id) };
    return [...calm, drift, resync, back];
  },
};

const whileSwitchedOff: Scene = {
  names: ['instanceCreate.disabled', 'reconcile.disabled'],
  async play({ rack }) {
    const create = await newVm(rack, { start: false }).create([]);
    await setMulticastEnabled(rack.db, false);
    const { workflowId } = await rack.temporal.startLifecycle('create', [create]);
    await rack.temporal.client.workflow.getHandle(workflowId).result();
    const recorded = [{ name: 'instanceCreate.disabled', workflowId }, await executed(rack, 'reconcile', 'disabled')];
    await setMulticastEnabled(rack.db, true);
    await settle(rack);
    return recorded;
  },
};

export const CALM: Scene[] = [
  aWholeLife,
  severalEventsInOneRun,
  aRoundThatTakesLong,
  aWorkerThatDies,
  aLongHistory,
  reconcileAndHealth,
  whileSwitchedOff,
];
