/**
 * Once per run of jest: one Postgres with a migrated template database, one Temporal development server in memory, one
 * workflow bundle. Their addresses travel to the test files in the environment (see servers.ts).
 *
 * Nothing outlives the run: teardown stops them, and when jest is killed they end with it.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStackConfig } from '../../config';
import { startPostgres } from '../../cli/stack/postgres';
import { freePort } from '../../cli/stack/ports';
import { StackProcess, type Program } from '../../cli/stack/process';
import { projectRoot } from '../../cli/stack/root';
import { temporalCli } from '../../cli/stack/temporal-cli';
import { developmentNamespace, startTemporal } from '../../cli/stack/temporal-dev';
import { writeWorkflowBundle } from '../../cli/stack/workflow-bundle';
import { migrate } from '../../db/migrate';
import { recording } from './servers';

export interface TestServers {
  folder: string;
  processes: StackProcess[];
}

declare global {
  var rackcastTestServers: TestServers | undefined;
}

const PREFIX = 'rackcast-test-';

/** Suites that are pure, or start a whole stack themselves: a run of only these starts nothing. */
const PURE = /^(\.\/)?test\/(domain|properties|system)\b/;

export default async function setup(_global: unknown, { rootDir }: { rootDir: string }): Promise<void> {
  const patterns = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
  if (patterns.length > 0 && patterns.every((pattern) => PURE.test(pattern.replace(`${rootDir}/`, '')))) return;
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  chmodSync(folder, 0o755); // Postgres may have to run as another user
  globalThis.rackcastTestServers = { folder, processes: [] };
  const started = await Promise.allSettled([database(folder), temporal(folder), bundle()]);
  const failed = started.find((each) => each.status === 'rejected');
  if (failed === undefined) return;
  await Promise.all(globalThis.rackcastTestServers.processes.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
  throw failed.reason;
}

function launch(program: Program): StackProcess {
  const started = new StackProcess(program);
  globalThis.rackcastTestServers?.processes.push(started);
  return started;
}

async function database(folder: string): Promise<void> {
  const { url } = await startPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    env: process.env,
    durable: false,
    launch,
  });
  await migrate(url);
  process.env['RACKCAST_TEST_TEMPLATE_DATABASE'] = url;
}

async function temporal(folder: string): Promise<void> {
  const cli = await temporalCli(loadStackConfig(), (line) => process.stderr.write(`Temporal's CLI: ${line}\n`));
  const settings = developmentNamespace();
  // A history that is to be recorded need not be as long as those that really continue as new.
  if (recording()) settings.server['dynamic-config-value']['limit.historyCount.suggestContinueAsNew'] = 150;
  const port = await freePort();
  await startTemporal(settings, {
    cli,
    port,
    uiPort: undefined,
    databaseFile: undefined,
    namespace: 'default',
    logFile: join(folder, 'temporal.log'),
    env: process.env,
    launch,
  });
  const address = `127.0.0.1:${port}`;
  process.env['RACKCAST_TEST_TEMPORAL_ADDRESS'] = address;
  process.env['RACKCAST_TEST_TEMPORAL_CLI'] = cli;
}

/** Workflows that cannot be bundled fail the suites that need them (servers.ts tries again and says why), not the others. */
async function bundle(): Promise<void> {
  const file = join(projectRoot, 'dist', 'workflow-bundle.js');
  mkdirSync(join(projectRoot, 'dist'), { recursive: true });
  await writeWorkflowBundle(file).catch(() => process.stderr.write('the workflows cannot be bundled\n'));
}

/** A run that was killed leaves its folder; its processes are gone by themselves. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    try {
      process.kill(pid, 0);
    } catch (error) {
      const gone = (error as NodeJS.ErrnoException).code === 'ESRCH';
      if (gone) rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}
