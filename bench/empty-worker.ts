/**
 * A worker for the empty workflow, with the settings of worker.ts: same connection, same versioning, same defaults.
 *
 *   node dist/bench/empty-worker.js <temporal address> <task queue> <bundle>
 */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { EMPTY_DEPLOYMENT } from './empty';

async function main([address = '', taskQueue = '', bundle = '']: string[]): Promise<void> {
  Runtime.install({
    logger: new DefaultLogger('WARN'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } } },
  });
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue,
    workflowBundle: { codePath: bundle },
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: EMPTY_DEPLOYMENT,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
    shutdownGraceTime: '1s',
    shutdownForceTime: '2s',
  });
  await worker.run();
  await connection.close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`empty-worker: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
