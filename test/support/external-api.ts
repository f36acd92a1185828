/**
 * The external API on a socket, over a database of its own, with Temporal replaced by a recorder: at this boundary the API only
 * wakes groups. `makeRack` fills in what Nexus would register.
 */
import { randomUUID } from 'node:crypto';
import pino, { type Logger } from 'pino';
import { sql } from 'drizzle-orm';
import { registerExternalRoutes } from '../../api/external';
import { createServer, type Server } from '../../api/server';
import type { Rate } from '../../api/token-bucket';
import { createToken, grantRole, type RoleGrant } from '../../db/access';
import { openDatabase, type Db, type Patience } from '../../db/client';
import { instance, project, rackSwitch, silo, sled, vpc } from '../../db/schema';
import type { Temporal } from '../../temporal/client';
import { createTestDatabase } from './database';
import { caller, listen, type Call } from './http';

export interface ExternalApi {
  server: Server;
  base: string;
  db: Db;
  /** Groups that were woken, in order. */
  woken: { id: string; ip: string }[];
  /** Calls with the token of a new actor that has these roles. */
  as(siloId: string, roles: RoleGrant[]): Promise<Call & { token: string; actorId: string }>;
  close(): Promise<void>;
}

export interface ExternalApiOptions {
  connections?: number;
  rate?: Rate;
  /** Of the database. */
  patience?: Patience;
  log?: Logger;
}

export async function startExternalApi({
  connections = 10,
  rate,
  patience,
  log = pino({ level: 'silent' }),
}: ExternalApiOptions = {}): Promise<ExternalApi> {
  const database = await createTestDatabase();
  const pool = openDatabase(database.url, connections, patience);
  const { db } = pool;
  const woken: ExternalApi['woken'] = [];
  const temporal = { wakeGroup: async (group: { id: string; ip: string }) => void woken.push(group) };
  const server = await createServer({ log, title: 'test', version: '0' });
  const deps = { db, temporal: temporal as unknown as Temporal, log };
  await registerExternalRoutes(server, deps, rate);
  const base = await listen(server);
  return {
    server,
    base,
    db,
    woken,
    async as(siloId, roles) {
      const actorId = randomUUID();
      const { token } = await createToken(db, { siloId, actorId, description: 'test' });
      for (const grant of roles) await grantRole(db, actorId, grant);
      return Object.assign(caller(base, { token }), { token, actorId });
    },
    async close() {
      await server.close();
      await pool.close();
      await database.drop();
    },
  };
}

export interface Rack {
  silo: { id: string; name: string };
  otherSilo: { id: string; name: string };
  project: { id: string; name: string };
  otherProject: { id: string; name: string };
  /** In another silo. */
  farProject: { id: string; name: string };
  vpc: { id: string; name: string; vni: number };
  otherVpc: { id: string; name: string; vni: number };
  sledId: string;
}

/** Two silos, projects with VPCs, two switches and four sleds at rear ports 4 to 7. */
export async function makeRack(db: Db): Promise<Rack> {
  const named = (name: string) => ({ id: randomUUID(), name });
  const rack = {
    silo: named('silo1'),
    otherSilo: named('silo2'),
    project: named('project1'),
    otherProject: named('project2'),
    farProject: named('project1'),
    vpc: { ...named('vpc1'), vni: 4001 },
    otherVpc: { ...named('vpc1'), vni: 4002 },
    sledId: randomUUID(),
  };
  await db.insert(silo).values([rack.silo, rack.otherSilo]);
  await db.insert(project).values([
    { ...rack.project, siloId: rack.silo.id },
    { ...rack.otherProject, siloId: rack.silo.id },
    { ...rack.farProject, siloId: rack.otherSilo.id },
  ]);
  await db.insert(vpc).values([
    { ...rack.vpc, projectId: rack.project.id },
    { ...rack.otherVpc, projectId: rack.otherProject.id },
  ]);
  await db.insert(rackSwitch).values(
    [0, 1].map((slot) => ({
      id: randomUUID(),
      slot,
      dpdAddress: `http://127.0.0.1:${slot + 1}`,
      ports: ['rear0', 'qsfp0', 'qsfp1', 'qsfp4', 'qsfp9'],
    })),
  );
  await db.insert(sled).values(
    [4, 5, 6, 7].map((rearPort) => ({
      id: rearPort === 4 ? rack.sledId : randomUUID(),
      rearPort,
      agentAddress: 'http://127.0.0.1:9',
    })),
  );
  return rack;
}

/** An instance as accepted events would leave it: running on the sled, or stopped. */
export async function makeInstance(db: Db, projectId: string, name: string, sledId: string | null = null) {
  const propolisId = sledId === null ? null : randomUUID();
  const row = { id: randomUUID(), projectId, name, generation: 1, applied: 1, sledId, propolisId };
  await db.insert(instance).values({ ...row, state: sledId === null ? 'stopped' : 'running' });
  return row;
}

/** What a round would do. */
export async function activate(db: Db, groupId: string): Promise<void> {
  await db.execute(
    sql`update multicast_group set state = 'active', attempted = requested, served = requested where id = ${groupId}`,
  );
}

/** A multicast pool with one range, the default of the silo. */
export async function makePool(
  operator: Call,
  siloName: string,
  name: string,
  {
    first,
    last,
    isDefault = true,
    version = 'v4',
  }: { first: string; last: string; isDefault?: boolean; version?: 'v4' | 'v6' },
): Promise<string> {
  const steps: [string, unknown][] = [
    ['/v1/system/ip-pools', { name, description: '', pool_type: 'multicast', ip_version: version }],
    [`/v1/system/ip-pools/${name}/ranges/add`, { first, last }],
    [`/v1/system/ip-pools/${name}/silos`, { silo: siloName, is_default: isDefault }],
  ];
  const answers = [];
  for (const [path, body] of steps) answers.push(await operator('POST', path, { body }));
  const refused = answers.find((answer) => answer.status !== 201);
  if (refused !== undefined) throw new Error(refused.text);
  return answers[0]?.body.id;
}
