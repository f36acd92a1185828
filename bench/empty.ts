/** The baseline that rackcast is compared with: empty workflows per second, on the same server, at the same time of day. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { projectRoot } from '../cli/stack/root';
import { workerPolls } from '../cli/stack/worker-ready';
import { inParallel, percentile, round, say, until } from './command';
import type { Rack } from './rack';
import { cpuBetween } from './usage';

export const EMPTY_DEPLOYMENT = { deploymentName: 'rackcast-bench', buildId: 'empty' };

export interface EmptyFigures {
  workflows: number;
  concurrency: number;
  per_second: number;
  p50_ms: number;
  p99_ms: number;
  cpu_ms_per_workflow: Record<string, number>;
}

/** A worker for it runs while `work` measures. */
export async function withEmptyWorker<T>(
  rack: Rack,
  work: (measure: (workflows: number, concurrency: number) => Promise<EmptyFigures>) => Promise<T>,
): Promise<T> {
  const bundle = join(rack.folder, 'empty-bundle.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(projectRoot, 'bench', 'empty-workflow.ts'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(bundle, code);
  const taskQueue = 'bench-empty';
  const script = join('bench', 'empty-worker.js');
  const worker = rack.run('empty-worker', script, [rack.temporalAddress, taskQueue, bundle]);
  try {
    await until(
      'the worker of empty workflows',
      () =>
        worker.alive ? workerPolls(rack.client, taskQueue, worker.pid) : Promise.reject(new Error(worker.tail(5))),
      { seconds: 60 },
    );
    await rack.client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: 'default',
      ...EMPTY_DEPLOYMENT,
      ignoreMissingTaskQueues: true,
    });
    return await work((workflows, concurrency) => executeEmpty(rack, taskQueue, workflows, concurrency));
  } finally {
    await worker.stop();
  }
}

/** Once at this concurrency, warm. */
export async function emptyWorkflows(rack: Rack, workflows: number, concurrency: number): Promise<EmptyFigures> {
  return withEmptyWorker(rack, async (measure) => {
    await measure(Math.min(100, workflows), concurrency);
    const figures = await measure(workflows, concurrency);
    say(`empty workflows: ${figures.per_second}/s at ${concurrency} in flight`);
    return figures;
  });
}

async function executeEmpty(
  { client, usage }: Rack,
  taskQueue: string,
  workflows: number,
  concurrency: number,
): Promise<EmptyFigures> {
  const before = usage();
  const started = performance.now();
  const took: number[] = [];
  await inParallel(Array.from({ length: workflows }, randomUUID), concurrency, async (id) => {
    const from = performance.now();
    await client.workflow.execute('empty', { workflowId: `empty/${id}`, taskQueue });
    took.push(performance.now() - from);
  });
  const seconds = (performance.now() - started) / 1_000;
  const cpu = Object.entries(cpuBetween(before, usage())).filter(([, ms]) => ms > workflows * 0.1);
  return {
    workflows,
    concurrency,
    per_second: round(workflows / seconds),
    p50_ms: percentile(took, 0.5),
    p99_ms: percentile(took, 0.99),
    cpu_ms_per_workflow: Object.fromEntries(cpu.map(([name, ms]) => [name, round(ms / workflows)])),
  };
}
