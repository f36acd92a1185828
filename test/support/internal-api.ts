/** The internal API over a database of its own, with a stand-in for Temporal that notes what it was asked. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pino from 'pino';
import type { InternalDeps } from '../../api/accept';
import { createDispatcher } from '../../api/dispatch';
import { registerInternalRoutes } from '../../api/internal';
import { createServer, type Server } from '../../api/server';
import { openDatabase, type Db } from '../../db/client';
import { setMulticastEnabled } from '../../db/runtime-config';
import type { EventRef, WorkflowKind } from '../../domain/events';
import { lifecycleWorkflowId } from '../../domain/workflow-ids';
import type { Temporal } from '../../temporal/client';
import type { ScheduleRuns } from '../../temporal/schedule-runs';
import { createTestDatabase } from './database';
import { caller, listen, type Call } from './http';

export interface NotedStart {
  kind: WorkflowKind;
  events: EventRef[];
  sledId: string | undefined;
}

export interface RecordingTemporal {
  starts: NotedStart[];
  woken: string[];
  triggered: string[];
  /** What a start does beyond being noted: nothing by default. */
  onStart: () => Promise<void>;
  /** What it tells of a schedule. */
  onScheduleRuns: () => Promise<ScheduleRuns>;
}

export interface InternalApi {
  base: string;
  token: string;
  call: Call;
  db: Db;
  temporal: RecordingTemporal;
  close(): Promise<void>;
}

const TOKEN = 'an-internal-token-for-tests';

/** `observe` sees the server before it listens. */
export async function startInternalApi(observe?: (server: Server) => void): Promise<InternalApi> {
  const database = await createTestDatabase();
  const opened = openDatabase(database.url);
  const { db } = opened;
  await setMulticastEnabled(db, true);
  const noted: RecordingTemporal = {
    starts: [],
    woken: [],
    triggered: [],
    onStart: async () => undefined,
    onScheduleRuns: async () => ({ paused: false, note: null, timeNext: null, runs: [] }),
  };
  const log = pino({ level: 'silent' });
  const temporal = recording(noted);
  const deps: InternalDeps = { db, temporal, log, dispatcher: createDispatcher({ temporal, log }) };
  const server = await createServer({ log, title: 'internal', version: '0' });
  observe?.(server);
  await registerInternalRoutes(server, deps, TOKEN);
  const base = await listen(server);
  return {
    base,
    token: TOKEN,
    call: caller(base, { token: TOKEN }),
    db,
    temporal: noted,
    close: async () => {
      await server.close();
      await deps.dispatcher.close();
      await opened.close();
      await database.drop();
    },
  };
}

function recording(noted: RecordingTemporal): Temporal {
  return {
    startLifecycle: async (
      kind: WorkflowKind,
      events: EventRef[],
      about: { sledId?: string; workflowId?: string } = {},
    ) => {
      noted.starts.push({ kind, events, sledId: about.sledId });
      await noted.onStart();
      return { workflowId: about.workflowId ?? lifecycleWorkflowId(kind, events), runId: randomUUID() };
    },
    wakeGroup: async ({ id }: { id: string }) => void noted.woken.push(id),
    trigger: async (id: string) => void noted.triggered.push(id),
    scheduleRuns: () => noted.onScheduleRuns(),
  } as unknown as Temporal;
}

export interface Rack {
  silo: string;
  project: string;
  other: string;
  sleds: string[];
  /** Ids by name: g0…, all in `project`. */
  groups: string[];
  /** A group of the other project. */
  foreign: string;
}

/** A silo with two projects, two sleds, and groups; groups are written as rows, they are the external API's to make. */
export async function registerRack({ call, db }: InternalApi, groups = 3): Promise<Rack> {
  const [silo, project, other] = [randomUUID(), randomUUID(), randomUUID()];
  const sleds = [randomUUID(), randomUUID()];
  await call('PUT', `/silos/${silo}`, { body: { name: 'silo' } });
  await call('PUT', `/projects/${project}`, { body: { silo_id: silo, name: 'one' } });
  await call('PUT', `/projects/${other}`, { body: { silo_id: silo, name: 'two' } });
  for (const [cubby, id] of sleds.entries())
    await call('PUT', `/sleds/${id}`, { body: { cubby, agent_address: `127.0.0.1:${9000 + cubby}` } });
  const made: string[] = [];
  for (let n = 0; n < groups; n++) made.push(await insertGroup(db, project, `g${n}`, `224.1.2.${n + 1}`));
  const foreign = await insertGroup(db, other, 'g0', '224.1.3.1');
  return { silo, project, other, sleds, groups: made, foreign };
}

export async function insertGroup(db: Db, project: string, name: string, ip: string): Promise<string> {
  const id = randomUUID();
  await db.execute(sql`
    insert into multicast_group (id, name, description, project_id, vni, ip_pool_id, ip_pool_range_id, multicast_ip, tag)
    values (${id}, ${name}, '', ${project}, 77, ${randomUUID()}, ${randomUUID()}, ${ip}, ${`rackcast-${id}`})`);
  return id;
}
