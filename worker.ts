/**
 * The worker process: runs the workflows and their activities. Any number of them may run; none keeps anything that matters.
 *
 * Refuses to run on a database whose schema it does not know. SIGTERM and SIGINT let what is under way end, within a bound.
 */
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pino from 'pino';
import { createActivities } from './activities';
import { sledAgents } from './activities/agents';
import { EVENT_SECONDS, WORKER_METRICS } from './activities/metrics';
import { loadConfig, type Config } from './config';
import { Directory } from './dataplane/directory';
import { createDpdClient } from './dataplane/dpd/client';
import { openDatabase } from './db/client';
import { requireKnownSchema } from './db/migrate';
import { setMulticastEnabled } from './db/runtime-config';
import { LIMITS } from './domain/limits';
import { createTemporal } from './temporal/client';
import { buildIdOf, DEPLOYMENT } from './temporal/deployment';

const DATABASE_CONNECTIONS = 20;
const BUNDLE = path.join(__dirname, 'workflow-bundle.js');

async function main(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, name: 'worker' });
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) =>
      log[
        level === 'TRACE'
          ? 'trace'
          : level === 'DEBUG'
            ? 'debug'
            : level === 'WARN'
              ? 'warn'
              : level === 'ERROR'
                ? 'error'
                : 'info'
      ](meta ?? {}, message),
    ),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
      ...(config.workerMetrics === undefined
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress: `${config.workerMetrics.host}:${config.workerMetrics.port}`,
                histogramBucketOverrides: { [WORKER_METRICS.eventSeconds]: EVENT_SECONDS },
              },
            },
          }),
    },
  });
  const { db, close } = openDatabase(config.databaseUrl, DATABASE_CONNECTIONS);
  await requireKnownSchema(db);
  if (config.multicastEnabled !== undefined) await setMulticastEnabled(db, config.multicastEnabled);

  const connection = await NativeConnection.connect({
    ...config.temporal.connection,
    grpcCompression: { codec: 'none' },
  });
  const { namespace, taskQueue } = config.temporal;
  const switches = new Directory((address) =>
    createDpdClient({ address, timeoutMs: LIMITS.switchCallMs, connections: LIMITS.switchConnections }),
  );
  const sleds = sledAgents(db, log);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: BUNDLE },
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName: DEPLOYMENT, buildId: buildIdOf(BUNDLE) },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
    activities: createActivities({
      db,
      switches,
      sleds,
      temporal: createTemporal({ connection, namespace, taskQueue }),
      log,
      visibleSteps: config.visibleSteps,
    }),
    maxCachedWorkflows: LIMITS.cachedWorkflows,
    // A task that waits, for the database or for a switch, keeps its slot.
    maxConcurrentWorkflowTaskExecutions: LIMITS.workflowTasks,
    maxConcurrentLocalActivityExecutions: LIMITS.workflowTasks,
    shutdownGraceTime: '10s',
    shutdownForceTime: '15s',
  });
  log.info({ namespace, taskQueue, deployment: DEPLOYMENT, buildId: buildIdOf(BUNDLE) }, 'worker ready');
  try {
    await worker.run();
  } finally {
    await Promise.all([switches.close(), sleds.close(), connection.close(), close()]);
  }
}

main(loadConfig()).catch((error: unknown) => {
  process.stderr.write(`worker: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
