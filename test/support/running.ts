/**
 * The whole of rackcast in one process, with both APIs on sockets: what `rack.ts` has (real Postgres, real Temporal, a real
 * worker, simulated switches and sleds) under what Nexus and tenants speak to. Suites drive it over HTTP alone; they look into
 * the database and into both switches.
 */
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { createEmitter, type EmittedEvent, type EventStatus } from '../../api/client/emitter';
import { createDispatcher } from '../../api/dispatch';
import { registerExternalRoutes } from '../../api/external';
import { registerInternalRoutes } from '../../api/internal';
import { createServer, type Server } from '../../api/server';
import { createToken, grantRole, type RoleGrant } from '../../db/access';
import type { EventRef } from '../../domain/events';
import { makePool } from './external-api';
import { caller, listen, type Answer, type Call } from './http';
import { startRack, until, type RackOptions } from './rack';
import { newVm, type Vm } from './vm';

const INTERNAL_TOKEN = 'an-internal-token-for-tests';
/** No suite is to meet the limit on what one token may ask. */
const RATE = { burst: 1_000_000, perSecond: 1_000_000 };

export type Running = Awaited<ReturnType<typeof startRunning>>;

export interface Group {
  id: string;
  name: string;
  multicast_ip: string;
  vni: number;
  state: string;
}

interface NamedResource {
  id: string;
  name: string;
}

export interface RunningOptions extends RackOptions {
  /** Sees the external API before it listens. */
  observe?: (server: Server) => void;
}

export async function startRunning({ observe, ...options }: RunningOptions = {}) {
  const rack = await startRack(options);
  const log = pino({ level: 'silent' });
  const { db, temporal } = rack;
  const dispatcher = createDispatcher({ temporal, log });
  const external = await createServer({ log, title: 'external', version: '0' });
  observe?.(external);
  await registerExternalRoutes(external, { db, temporal, log }, RATE);
  const internal = await createServer({ log, title: 'internal', version: '0' });
  await registerInternalRoutes(internal, { db, temporal, log, dispatcher }, INTERNAL_TOKEN);
  const externalUrl = await listen(external);
  const internalUrl = await listen(internal);
  const emitter = createEmitter({ address: internalUrl, token: INTERNAL_TOKEN });
  const nexus = caller(internalUrl, { token: INTERNAL_TOKEN });

  const named = (name: string): NamedResource => ({ id: randomUUID(), name });
  const [silo, project] = [named('silo'), named('trading')];
  await emitter.putSilo(silo.id, { name: silo.name });
  await emitter.putProject(project.id, { silo_id: silo.id, name: project.name });

  /** Calls with the token of a new actor that has these roles. */
  async function as(roles: RoleGrant[], siloId = silo.id): Promise<Call & { token: string }> {
    const actorId = randomUUID();
    const { token } = await createToken(db, { siloId, actorId, description: 'test' });
    for (const grant of roles) await grantRole(db, actorId, grant);
    return Object.assign(caller(externalUrl, { token }), { token });
  }

  const operator = await as([{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  const user = await as([{ scope: 'silo', resourceId: silo.id, role: 'admin' }]);
  await makePool(operator, silo.name, 'asm', { first: '224.9.0.1', last: '224.9.0.250' });
  await makePool(operator, silo.name, 'ssm', { first: '232.9.0.1', last: '232.9.0.250', isDefault: false });
  await rack.bringUp();

  async function emit(instanceId: string, event: { generation: number; kind: string } & Record<string, unknown>) {
    const full = { event_id: randomUUID(), ...event };
    await emitter.emit(instanceId, full as EmittedEvent);
    return { eventId: full.event_id, instanceId, generation: event.generation };
  }

  const running = {
    rack,
    db,
    silo,
    project,
    operator,
    user,
    nexus,
    emitter,
    externalUrl,
    internal: { url: internalUrl, token: INTERNAL_TOKEN },
    as,

    async addProject(name: string, siloId = silo.id): Promise<NamedResource> {
      const made = named(name);
      await emitter.putProject(made.id, { silo_id: siloId, name });
      return made;
    },

    create: (body: Record<string, unknown>, projectName = project.name): Promise<Answer> =>
      user('POST', `/v1/multicast-groups?project=${projectName}`, { body: { description: '', ...body } }),

    /** A group that both switches have. */
    async group(name: string, body: Record<string, unknown> = {}, projectName = project.name): Promise<Group> {
      const made = await running.create({ name, ...body }, projectName);
      if (made.status !== 201) throw new Error(made.text);
      return running.groupBecomes(made.body.id, 'Active');
    },

    view: (id: string): Promise<Answer> => user('GET', `/v1/multicast-groups/${id}`),

    groupBecomes: (id: string, state: string): Promise<Group> =>
      until(`group ${id} is ${state}`, async () => {
        const { body } = await running.view(id);
        return body.state === state ? (body as Group) : null;
      }),

    groupIsGone: (id: string) => until(`group ${id} is gone`, async () => (await running.view(id)).status === 404),

    vm: (projectId = project.id): Vm => newVm({ sleds: rack.sleds, projectId, post: emit }),

    outcome: ({ instanceId, eventId }: EventRef): Promise<EventStatus> => emitter.waitForOutcome(instanceId, eventId),

    async outcomes(refs: EventRef[]): Promise<string[]> {
      return (await Promise.all(refs.map(running.outcome))).map(({ outcome }) => outcome);
    },

    /** Created and running on the sled. */
    async runningVm(groups: string[], sled: number, projectId = project.id): Promise<Vm> {
      const vm = running.vm(projectId);
      await vm.create(groups);
      const started = await running.outcome(await vm.start(sled));
      if (started.outcome !== 'succeeded') throw new Error(`start: ${started.outcome}, ${started.reason}`);
      return vm;
    },

    /** `instance → state`, as the API shows the group's members. */
    async members(groupId: string): Promise<Record<string, string>> {
      const { body } = await user('GET', `/v1/multicast-groups/${groupId}/members`);
      const items = body.items as { instance_id: string; state: string }[];
      return Object.fromEntries(items.map((member) => [member.instance_id, member.state]));
    },

    memberBecomes: (groupId: string, instanceId: string, state: string) =>
      until(`${instanceId} is ${state}`, async () => (await running.members(groupId))[instanceId] === state),

    /** Waits until both switches have exactly these ports for the group; null = no such group. */
    portsBecome: (ip: string, ports: string[] | null) =>
      until(`${ip} has ${String(ports)} on both switches`, () =>
        rack.both(ip).every((held) => JSON.stringify(held) === JSON.stringify(ports)),
      ),

    /** What the sled's agent was told about these groups, as `propolis group`. */
    flows: (sled: number, ips: string[]): string[] =>
      rack.sleds[sled]!.state.vmms.view()
        .flatMap(({ propolis_id, nics }) =>
          nics.flatMap(({ joined }) => joined.map(({ group_ip }) => ({ propolis_id, group_ip }))),
        )
        .filter(({ group_ip }) => ips.includes(group_ip))
        .map(({ propolis_id, group_ip }) => `${propolis_id} ${group_ip}`)
        .toSorted(),

    async close() {
      await Promise.all([external.close(), internal.close()]);
      await dispatcher.close();
      await rack.close();
    },
  };
  return running;
}
