/** The parts of the local stack in the order they start, each with what makes it ready. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ListrTask } from 'listr2';
import type { StackConfig } from '../../config';
import { at, Launcher, url, type RunningStack } from './launcher';
import { listening, requireFree, StackError } from './ports';
import type { StackProcess } from './process';
import { localRack } from './rack';
import { registerRack, switchOn, tokenFor } from './registry';
import { bringPostgres, bringTemporal, migrate, register, uiPort } from './servers';
import { readStackFile, writeStackFile, type StackFile } from './stack-file';
import type { Supervisor } from './supervisor';
import { connectTemporal } from './temporal-client';
import { buildIdOf, setCurrentBuild } from '../../temporal/deployment';
import { projectRoot } from './root';
import { workerPolls } from './worker-ready';

export function startParts(config: StackConfig, supervisor: Supervisor, stack: RunningStack): ListrTask<unknown>[] {
  const earlier = readStackFile(config.dataDir);
  stack.rack = localRack(config);
  stack.logs = join(config.dataDir, 'logs');
  stack.internalToken = config.internalToken ?? earlier?.internal_token ?? randomBytes(24).toString('base64url');
  const launcher = new Launcher(config, supervisor, stack);
  return [
    { title: 'Ports', task: () => checkPorts(launcher) },
    { title: 'Postgres', task: () => bringPostgres(launcher) },
    { title: 'Temporal', task: (_, task) => bringTemporal(launcher, (line) => (task.output = line)) },
    { title: 'Migrations', task: () => migrate(launcher) },
    { title: 'Search attributes and schedules', task: () => register(launcher) },
    { title: 'Switches', task: () => switches(launcher) },
    { title: 'Sled agents', task: () => sledAgents(launcher) },
    { title: 'Worker', task: () => worker(launcher) },
    { title: 'APIs', task: () => apis(launcher) },
    { title: 'Rack', task: () => registerEverything(launcher, earlier) },
  ];
}

/** All of them before anything is started: a stack that cannot come up should not begin to. */
async function checkPorts(launcher: Launcher): Promise<void> {
  const { externalApi, internalApi } = launcher.config;
  const { switches, sleds } = launcher.stack.rack;
  await requireFree(externalApi.port, externalApi.host, 'the external API', 'RACKCAST_EXTERNAL_API');
  await requireFree(internalApi.port, internalApi.host, 'the internal API', 'RACKCAST_INTERNAL_API');
  for (const { name, port } of [...switches, ...sleds]) {
    if (port !== undefined) await requireFree(port, '127.0.0.1', name, 'RACKCAST_PORT_BASE');
  }
}

async function switches(launcher: Launcher): Promise<void> {
  await Promise.all(
    launcher.stack.rack.switches.map(async ({ name, address, port }) => {
      if (port === undefined) return reachable(name, address);
      const started = simulate(launcher, name, ['switch', '--listen', address]);
      return launcher.listens(started, { host: '127.0.0.1', port });
    }),
  );
}

async function sledAgents(launcher: Launcher): Promise<void> {
  await Promise.all(
    launcher.stack.rack.sleds.map(async ({ id, name, address, port, apiVersion }) => {
      const args = ['sled-agent', '--listen', address, '--api-version', String(apiVersion), '--sled-id', id];
      return launcher.listens(simulate(launcher, name, args), { host: '127.0.0.1', port });
    }),
  );
}

async function worker(launcher: Launcher): Promise<void> {
  const worker = launcher.start('worker', 'worker.js');
  const { temporal } = launcher.config;
  const client = await connectTemporal(
    { ...temporal.connection, address: launcher.stack.temporalAddress },
    temporal.namespace,
  );
  try {
    await launcher.ready(worker, () => workerPolls(client, temporal.taskQueue, worker.pid));
    await setCurrentBuild(client, buildIdOf(join(projectRoot, 'dist', 'workflow-bundle.js')));
  } finally {
    await client.connection.close();
  }
}

async function apis(launcher: Launcher): Promise<void> {
  const api = launcher.start('api', join('api', 'main.js'));
  const { externalApi, internalApi } = launcher.config;
  await launcher.ready(api, async () => (await at(externalApi)) && (await at(internalApi)));
}

async function registerEverything(launcher: Launcher, earlier: StackFile | undefined): Promise<void> {
  const { config, stack } = launcher;
  const internal = url(config.internalApi);
  if (stack.fresh && config.multicastEnabled === undefined) await switchOn(internal, stack.internalToken);
  await registerRack(internal, stack.internalToken, stack.rack);
  const known = stack.fresh || earlier?.database_url !== stack.databaseUrl ? undefined : earlier.token;
  const ui = uiPort(launcher);
  stack.file = {
    external_api: url(config.externalApi),
    internal_api: internal,
    token: known ?? (await tokenFor(internal, stack.internalToken)),
    internal_token: stack.internalToken,
    temporal: stack.temporalAddress,
    temporal_ui: config.temporal.address === undefined ? `http://127.0.0.1:${ui}` : null,
    database_url: stack.databaseUrl,
    switches: stack.rack.switches.map(({ name, address }) => ({ name, address: `http://${address}` })),
    sled_agents: stack.rack.sleds.map(({ id, address }) => ({ sled_id: id, address: `http://${address}` })),
    pids: pids(launcher),
  };
  stack.filePath = writeStackFile(config.dataDir, stack.file);
  launcher.supervisor.restarted = () => void writeStackFile(config.dataDir, { ...stack.file, pids: pids(launcher) });
}

function pids(launcher: Launcher): Record<string, number> {
  const entries = Object.entries({ stack: process.pid, ...launcher.supervisor.pids });
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined));
}

function simulate(launcher: Launcher, name: string, args: string[]): StackProcess {
  return launcher.start(name, join('cli', 'main.js'), ['simulate', ...args]);
}

async function reachable(name: string, address: string): Promise<void> {
  const { hostname, port } = new URL(`http://${address}`);
  if (await listening(hostname.replace(/^\[|\]$/g, ''), Number(port || 80))) return;
  throw new StackError(`${name}: nothing answers on ${address} (RACKCAST_SWITCHES)`);
}
