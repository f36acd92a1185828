/**
 * The API process: both listeners. It starts with Postgres and its schema there, and without Temporal if need be: events are
 * accepted then too, and started once it is back. Stateless, so any number of these processes may run.
 */
import { Connection } from '@temporalio/client';
import pino, { type Logger } from 'pino';
import { loadConfig, type Config, type Endpoint } from '../config';
import { openDatabase } from '../db/client';
import { requireKnownSchema } from '../db/migrate';
import { setMulticastEnabled } from '../db/runtime-config';
import { LIMITS } from '../domain/limits';
import { createTemporal } from '../temporal/client';
import { createDispatcher } from './dispatch';
import { registerExternalRoutes } from './external';
import { EXTERNAL_API } from './external-document';
import { registerInternalRoutes } from './internal';
import { INTERNAL_API } from './internal-document';
import { createMetrics, serveMetrics } from './metrics';
import { createServer, type Server } from './server';

const CONNECTIONS = 20;
/** Requests under way when the process is told to stop get this long. */
const DRAIN_MS = 10_000;

/** A failure that its first line explains. */
class StartError extends Error {}

async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLog(config);
  const { internalToken } = config;
  if (internalToken === undefined)
    throw new StartError('RACKCAST_INTERNAL_TOKEN is not set: the token that Nexus shows');

  const database = openDatabase(config.databaseUrl, CONNECTIONS, LIMITS);
  const { db } = database;
  await requireKnownSchema(db).catch((error: unknown) => {
    throw new StartError(`the database cannot be used: ${firstLine(error)}`);
  });
  if (config.multicastEnabled !== undefined) await setMulticastEnabled(db, config.multicastEnabled);

  const connection = Connection.lazy(config.temporal.connection);
  const temporal = createTemporal({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
  });
  const dispatcher = createDispatcher({ temporal, log });
  const deps = { db, temporal, log, dispatcher };
  const figures = createMetrics(db, log);
  const external = await createServer({ log, ...EXTERNAL_API });
  figures.observe(external, 'external');
  await registerExternalRoutes(external, deps);
  const internal = await createServer({ log, ...INTERNAL_API });
  figures.observe(internal, 'internal');
  await registerInternalRoutes(internal, deps, internalToken);
  const metrics = await serveMetrics(config.apiMetrics, figures).catch((error: unknown) => {
    throw new StartError(`the metrics cannot be served: ${firstLine(error)}`);
  });

  const stop = once(async () => {
    const drained = Promise.allSettled([external.close(), internal.close(), metrics.close()]);
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
    await dispatcher.close();
    await Promise.allSettled([connection.close(), database.close()]);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void stop().then(() => process.exit(0)));

  try {
    const addresses = [await listen(external, config.externalApi), await listen(internal, config.internalApi)];
    process.stdout.write(`rackcast API: external ${addresses[0]}, internal ${addresses[1]}\n`);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listen(server: Server, { host, port }: Endpoint): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new StartError(`port ${port} on ${host} is in use`);
    throw new StartError(`cannot listen on ${host}:${port}: ${firstLine(error)}`);
  }
}

function createLog({ logLevel }: Config): Logger {
  return pino(
    { name: 'rackcast-api', level: logLevel, redact: ['req.headers.authorization', '*.authorization'] },
    pino.destination(2),
  );
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}

const firstLine = (error: unknown) => {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return (root instanceof Error ? root.message || String((root as NodeJS.ErrnoException).code) : String(root)).split(
    '\n',
    1,
  )[0];
};

if (require.main === module) {
  main().catch((error: unknown) => {
    const text =
      error instanceof StartError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`rackcast: ${text}\n`);
    process.exit(1);
  });
}
