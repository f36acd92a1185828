/**
 * A rack for tests: real Postgres, real Temporal, a real worker, and simulated switches and sleds that speak the real protocols.
 * Time in the tests is driven by conditions: `until` waits for what is asked, nothing sleeps for luck.
 */
import { randomUUID } from 'node:crypto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { sql } from 'drizzle-orm';
import pino from 'pino';
import { createActivities, type Activities } from '../../activities';
import { sledAgents } from '../../activities/agents';
import { Directory } from '../../dataplane/directory';
import { createDpdClient } from '../../dataplane/dpd/client';
import { acceptEvents, type Acceptance } from '../../db/accept-events';
import { createGroup, deleteGroup } from './groups';
import { holdings } from './holdings';
import { openDatabase, type Db } from '../../db/client';
import { setMulticastEnabled } from '../../db/runtime-config';
import { project, rackSwitch, silo, sled } from '../../db/schema';
import type { EventRef, LifecycleEvent, WorkflowKind } from '../../domain/events';
import { LIMITS } from '../../domain/limits';
import { startSledAgentSimulator } from '../../simulators/sled-agent/server';
import { startSwitchSimulator } from '../../simulators/switch/server';
import { createTemporal, type Temporal } from '../../temporal/client';
import { createTestDatabase } from './database';
import { temporalAddress, workflowBundle } from './servers';

Runtime.install({ logger: new DefaultLogger('ERROR') });

type Switch = Awaited<ReturnType<typeof startSwitchSimulator>> & { id: string };
type Sled = Awaited<ReturnType<typeof startSledAgentSimulator>> & { id: string; port: string };

export interface RackOptions {
  switches?: number;
  sleds?: number;
  /** Wraps the activities, to inject what no simulator can: a lost result, a repeated call. */
  wrap?: (activities: Activities) => Activities;
  switchApi?: 13 | 1;
  sledApi?: 4 | 5;
  /** Every call to a switch or a sled is an activity of its own; as a rule where activities are wrapped, so that faults and holds find it. */
  visibleSteps?: boolean;
}

export type TestRack = Awaited<ReturnType<typeof startRack>>;

export async function startRack(options: RackOptions = {}) {
  const database = await createTestDatabase();
  const { db, close: closeDatabase } = openDatabase(database.url, 12);
  const switches = await Promise.all(
    Array.from({ length: options.switches ?? 2 }, (_, slot) => addSwitch(db, slot, options.switchApi ?? 13)),
  );
  const sleds = await Promise.all(
    Array.from({ length: options.sleds ?? 4 }, (_, at) => addSled(db, at + 1, options.sledApi ?? 5)),
  );
  await setMulticastEnabled(db, true);
  const projectId = await addProject(db);

  const connection = await NativeConnection.connect({ address: temporalAddress() });
  const taskQueue = `test-${randomUUID()}`;
  const temporal = createTemporal({ connection, namespace: 'default', taskQueue });
  const dpd = new Directory((address) => createDpdClient({ address, timeoutMs: LIMITS.switchCallMs, connections: 8 }));
  const log = pino({ level: 'silent' });
  const agents = sledAgents(db, log);
  const visibleSteps = options.visibleSteps ?? options.wrap !== undefined;
  const activities = createActivities({
    db,
    switches: dpd,
    sleds: agents,
    temporal,
    log,
    visibleSteps,
  });
  let worker = await startWorker();

  async function startWorker() {
    const created = await Worker.create({
      connection,
      namespace: 'default',
      taskQueue,
      workflowBundle: await workflowBundle(),
      activities: options.wrap?.(activities) ?? activities,
      shutdownGraceTime: '1s',
      shutdownForceTime: '3s',
    });
    const running = created.run();
    return { stop: async () => (created.shutdown(), running.catch(() => undefined)) };
  }

  const rack = {
    db,
    databaseUrl: database.url,
    temporal,
    taskQueue,
    switches,
    sleds,
    projectId,
    activities,
    visibleSteps,

    async restartWorker() {
      await worker.stop();
      worker = await startWorker();
    },
    stopWorker: () => worker.stop(),
    async startWorker() {
      worker = await startWorker();
    },

    /** Runs a workflow of the schedules now and returns its result. */
    async run<T>(workflowType: string): Promise<T> {
      return (await temporal.client.workflow.execute(workflowType, {
        taskQueue,
        workflowId: `${workflowType}-${randomUUID()}`,
        args: [],
      })) as T;
    },

    /** All switches in service. */
    async bringUp() {
      await rack.run('switchHealth');
      await until('all switches in service', async () => {
        const rows = await db.execute<{ service: string }>(sql`select service from switch`);
        if (rows.every((row) => row.service === 'in_service')) return true;
        await rack.run('switchHealth');
        return false;
      });
    },

    async group(
      name: string,
      ip: string,
      about: {
        sources?: string[];
        projectId?: string;
        uplinks?: string[];
        mvlan?: number;
        vni?: number;
        salt?: number;
      } = {},
    ) {
      const id = await createGroup(db, { name, ip, projectId, ...about });
      await temporal.wakeGroup({ id, ip, name });
      return id;
    },

    /** Accepts the event as the API does, and starts its workflow unless told otherwise. */
    async post(instanceId: string, event: EventInput, start = true): Promise<EventRef> {
      const full = { event_id: randomUUID(), ...event } as LifecycleEvent;
      const [answer] = await acceptEvents(db, [{ instanceId, event: full }]);
      if (answer?.outcome !== 'accepted' && answer?.outcome !== 'disabled')
        throw new Error(`not accepted: ${describe(answer)}`);
      const ref = { eventId: full.event_id, instanceId, generation: full.generation };
      if (start && full.kind !== 'reboot') await temporal.startLifecycle(full.kind as WorkflowKind, [ref]);
      return ref;
    },

    /** As the batch endpoint does: many events of one kind in few runs. */
    async startTogether(kind: WorkflowKind, refs: EventRef[]) {
      for (let from = 0; from < refs.length; from += LIMITS.eventsPerRun)
        await temporal.startLifecycle(kind, refs.slice(from, from + LIMITS.eventsPerRun));
    },

    event: (ref: EventRef) => eventRow(db, ref.eventId),

    /** The event's outcome, once it has one. */
    async outcome(ref: EventRef, ms = 30_000) {
      return until(
        `outcome of ${ref.eventId}`,
        async () => {
          const row = await eventRow(db, ref.eventId);
          return row.time_finished === null ? null : row;
        },
        ms,
      );
    },

    async settled(refs: EventRef[], ms?: number): Promise<string[]> {
      return (await Promise.all(refs.map((ref) => rack.outcome(ref, ms)))).map((row) => row.state);
    },

    /** `rear1`, … that the switch really has for the group; null when the group is not there. */
    ports(at: number, ip: string): string[] | null {
      return portsOn(switches[at]!, ip);
    },

    /** The external group as the switch has it. */
    object: (at: number, ip: string) => dumped(switches[at]!).find((group) => group.group_ip === ip),

    /** The same of both switches. */
    both: (ip: string) => switches.map((facing) => portsOn(facing, ip)),

    /** Writes that each switch has had. */
    writes: () => switches.map((facing) => facing.state.requests.summary().writes),

    /** Everything that a switch holds, by address. */
    holdings: (switchId: string) => holdings(switches.find((each) => each.id === switchId)!.address),

    /** Empty, as after a crash; not before its uptime is long enough for the restart to be seen. */
    async restartSwitch(at: number) {
      const { state } = switches[at]!;
      await until('an uptime worth the name', () => state.daemon.uptime() > LIMITS.bootSlackS + 2);
      state.restart();
    },

    async deleteGroup(id: string) {
      const [row] = await db.execute<{ ip: string; name: string }>(
        sql`select host(multicast_ip) as ip, name from multicast_group where id = ${id}`,
      );
      await deleteGroup(db, id);
      await temporal.wakeGroup({ id, ip: row!.ip, name: row!.name });
    },

    async groupExists(id: string) {
      return (await db.execute(sql`select 1 from multicast_group where id = ${id}`)).length > 0;
    },

    async members(groupId: string) {
      const rows = await db.execute<{
        instance_id: string;
        state: string;
        reason: string | null;
        sled_id: string | null;
      }>(sql`
        select parent_id as instance_id, state, reason, sled_id from multicast_group_member
        where external_group_id = ${groupId} and time_deleted is null order by parent_id`);
      return [...rows];
    },

    async close() {
      await worker.stop();
      await endWorkflows(temporal, taskQueue);
      await Promise.all([
        dpd.close(),
        agents.close(),
        ...switches.map((each) => each.close()),
        ...sleds.map((each) => each.close()),
      ]);
      await connection.close();
      await closeDatabase();
      await database.drop();
    },
  };
  return rack;
}

type EventInput = { event_id?: string; generation: number } & Record<string, unknown> & { kind: string };

async function addSwitch(db: Db, slot: number, apiLevel: 13 | 1): Promise<Switch> {
  const simulator = await startSwitchSimulator({ host: '127.0.0.1', port: 0, apiLevel });
  const id = randomUUID();
  await db.insert(rackSwitch).values({ id, slot, dpdAddress: simulator.address });
  return Object.assign(simulator, { id });
}

async function addSled(db: Db, rearPort: number, apiVersion: 4 | 5): Promise<Sled> {
  const id = randomUUID();
  const simulator = await startSledAgentSimulator({ host: '127.0.0.1', port: 0, apiVersion, sledId: id });
  await db.insert(sled).values({ id, rearPort, agentAddress: simulator.url });
  return Object.assign(simulator, { id, port: `rear${rearPort}` });
}

export async function addProject(db: Db): Promise<string> {
  const siloId = randomUUID();
  const id = randomUUID();
  await db.insert(silo).values({ id: siloId, name: `silo-${siloId.slice(0, 8)}` });
  await db.insert(project).values({ id, siloId, name: `project-${id.slice(0, 8)}` });
  return id;
}

async function eventRow(db: Db, eventId: string) {
  const rows = await db.execute<{
    state: string;
    reason: string | null;
    claimed_by: string | null;
    time_finished: string | null;
  }>(sql`
    select state, reason, claimed_by, time_finished::text from instance_event where event_id = ${eventId}`);
  if (rows[0] === undefined) throw new Error(`no event ${eventId}`);
  return rows[0];
}

const dumped = (facing: Switch) => (facing.state.dump() as { groups: SimulatedGroup[] }).groups;

function portsOn(facing: Switch, ip: string): string[] | null {
  const groups = dumped(facing);
  const external = groups.find((group) => group.group_ip === ip);
  const underlayIp = external?.internal_forwarding?.nat_target?.internal_ip;
  const underlay = groups.find((group) => group.group_ip === underlayIp);
  return underlay?.members?.map((member) => member.port_id).toSorted() ?? null;
}

interface SimulatedGroup {
  group_ip: string;
  tag: string;
  members?: { port_id: string }[];
  sources?: ({ Exact: string } | string)[] | null;
  external_forwarding?: { vlan_id: number | null };
  internal_forwarding?: { nat_target: { internal_ip: string; vni: number } | null };
}

/** Waits until `look` gives something; fails with what was awaited. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  ms = 30_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<Exclude<T, false>>;
    if (Date.now() > end) throw new Error(`timed out: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function describe(answer: Acceptance | undefined): string {
  return answer?.outcome === 'refused' ? answer.error.message : (answer?.outcome ?? 'no answer');
}

/** Ends what this test left running, so that no other test's server has to carry it. */
async function endWorkflows(temporal: Temporal, taskQueue: string): Promise<void> {
  for await (const running of temporal.client.workflow.list({
    query: `TaskQueue = '${taskQueue}' and ExecutionStatus = 'Running'`,
  })) {
    await temporal.client.workflow
      .getHandle(running.workflowId)
      .terminate()
      .catch(() => undefined);
  }
}
