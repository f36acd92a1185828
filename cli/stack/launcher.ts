/**
 * How the stack's own processes are started: with the settings that the stack found out for itself, their logs in one place,
 * and under watch once they are ready.
 */
import { join } from 'node:path';
import { childEnvironment, type Endpoint, type StackConfig } from '../../config';
import { listening, StackError, until } from './ports';
import type { StackProcess } from './process';
import type { Rack } from './rack';
import { projectRoot } from './root';
import type { StackFile } from './stack-file';
import type { Supervisor } from './supervisor';

/** What is known of the stack; each part adds its own. */
export interface RunningStack {
  rack: Rack;
  /** The database was empty: there is nothing to resume. */
  fresh: boolean;
  databaseUrl: string;
  temporalAddress: string;
  internalToken: string;
  file: StackFile;
  filePath: string;
  logs: string;
  notice?: string;
}

export class Launcher {
  constructor(
    readonly config: StackConfig,
    readonly supervisor: Supervisor,
    readonly stack: RunningStack,
  ) {}

  log(name: string): string {
    return join(this.stack.logs, `${name}.log`);
  }

  start(name: string, script: string, args: string[] = []): StackProcess {
    return this.supervisor.launch({
      name,
      logFile: this.log(name),
      env: this.environment(),
      run: { script: join(projectRoot, 'dist', script), args },
    });
  }

  /** What the stack found out for itself, as the settings that each part reads. */
  environment(): NodeJS.ProcessEnv {
    const { config, stack } = this;
    return childEnvironment({
      DATABASE_URL: stack.databaseUrl,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_NAMESPACE: config.temporal.namespace,
      RACKCAST_DATA_DIR: config.dataDir,
      RACKCAST_EXTERNAL_API: authority(config.externalApi),
      RACKCAST_INTERNAL_API: authority(config.internalApi),
      RACKCAST_INTERNAL_TOKEN: stack.internalToken,
    });
  }

  async listens(started: StackProcess, endpoint: Endpoint): Promise<void> {
    await this.ready(started, () => at(endpoint));
  }

  async ready(started: StackProcess, check: () => Promise<boolean>): Promise<void> {
    const { name, logFile } = started.program;
    try {
      await until(name, check, { seconds: 60, alive: () => started.alive });
      this.supervisor.keep(started);
    } catch (error) {
      throw new StackError(`${(error as Error).message}; its log is ${logFile}\n${started.lastWords()}`);
    }
  }
}

export function at({ host, port }: Endpoint): Promise<boolean> {
  return listening(host, port);
}

export function url({ host, port }: Endpoint): string {
  return `http://${authority({ host, port })}`;
}

function authority({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
