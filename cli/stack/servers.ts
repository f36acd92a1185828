/** The servers underneath: Postgres and Temporal, ours or the user's, with what rackcast needs to find in them. */
import { join } from 'node:path';
import { childEnvironment } from '../../config';
import type { Launcher } from './launcher';
import { StackError } from './ports';
import { isEmptyDatabase, startPostgres } from './postgres';
import { registerNamespace } from './register';
import { temporalCli } from './temporal-cli';
import { connectTemporal } from './temporal-client';
import { developmentNamespace, startTemporal } from './temporal-dev';

export async function bringPostgres(launcher: Launcher): Promise<void> {
  const { databaseUrl, dataDir, stackPorts } = launcher.config;
  if (databaseUrl === undefined) {
    const started = await startPostgres({
      folder: join(dataDir, 'postgres'),
      port: stackPorts.postgres,
      logFile: launcher.log('postgres'),
      env: childEnvironment({}),
      durable: true,
      launch: launcher.supervisor.launch,
    });
    launcher.supervisor.keep(started.process);
    launcher.stack.databaseUrl = started.url;
    if (started.notice !== undefined) launcher.stack.notice = started.notice;
  } else launcher.stack.databaseUrl = databaseUrl;
  launcher.stack.fresh = await isEmptyDatabase(launcher.stack.databaseUrl);
}

export async function bringTemporal(launcher: Launcher, progress: (line: string) => void): Promise<void> {
  const { temporal, stackPorts, dataDir } = launcher.config;
  if (temporal.address !== undefined) {
    launcher.stack.temporalAddress = temporal.address;
    return;
  }
  const settings = developmentNamespace();
  const cli = await temporalCli(launcher.config, progress);
  const port = stackPorts.temporal ?? settings.server.port;
  const started = await startTemporal(settings, {
    cli,
    port,
    uiPort: uiPort(launcher),
    databaseFile: join(dataDir, settings.server['db-filename']),
    namespace: temporal.namespace,
    logFile: launcher.log('temporal'),
    env: childEnvironment({}),
    launch: launcher.supervisor.launch,
  });
  launcher.supervisor.keep(started);
  launcher.stack.temporalAddress = `${settings.server.ip}:${port}`;
}

export async function migrate(launcher: Launcher): Promise<void> {
  const migrating = launcher.start('migrate', join('db', 'migrate.js'));
  const how = await migrating.exit;
  if (how !== 'exit code 0') throw new StackError(`migrations failed (${how}): ${migrating.lastWords()}`);
}

export async function register(launcher: Launcher): Promise<void> {
  const { temporal, reconcileEvery } = launcher.config;
  const client = await connectTemporal(
    { ...temporal.connection, address: launcher.stack.temporalAddress },
    temporal.namespace,
  );
  try {
    await registerNamespace(client, {
      settings: developmentNamespace(),
      taskQueue: temporal.taskQueue,
      namespace: temporal.namespace,
      reconcileEvery,
      ours: temporal.address === undefined,
    });
  } finally {
    await client.connection.close();
  }
}

export function uiPort({ config }: Launcher): number {
  return config.stackPorts.temporalUi ?? developmentNamespace().server['ui-port'];
}
