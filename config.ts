/**
 * The settings of every rackcast process, and the only reader of the environment.
 *
 * `loadConfig()` is for the processes that serve (worker, API, migrations): wrong settings end the process with one line
 * each. `loadStackConfig()` is for `rackcast start`, which may find Postgres and Temporal for itself. Temporal's own
 * settings (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS…, profiles) keep Temporal's names and are read by
 * Temporal's own loader, so that rackcast and the `temporal` tool always mean the same server.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';

type Environment = Readonly<Record<string, string | undefined>>;

const port = z.coerce.number().int().min(0).max(65_535);

/** `host:port`; port 0 means any free port. */
const endpoint = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[^\s:[\]]+):\d{1,5}$/i, 'must be host:port')
  .transform((text, context) => {
    const colon = text.lastIndexOf(':');
    const number = Number(text.slice(colon + 1));
    if (number > 65_535) context.addIssue({ code: 'custom', message: 'port must be at most 65535' });
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: number };
  });

/** `90`, `90s`, `2m`, `1h`; in milliseconds. A bare number is seconds. */
const duration = z
  .string()
  .regex(/^\d+(s|m|h)?$/, 'must be a duration such as 60s or 5m')
  .transform(
    (text) => Number.parseInt(text, 10) * { s: 1_000, m: 60_000, h: 3_600_000 }[/[smh]$/.exec(text)?.[0] ?? 's']!,
  )
  .refine((ms) => ms > 0, 'must be longer than nothing');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const settings = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  RACKCAST_DATA_DIR: z.string().default('.rackcast'),
  RACKCAST_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  RACKCAST_TASK_QUEUE: z.string().default('rackcast'),
  RACKCAST_EXTERNAL_API: endpoint.optional(),
  RACKCAST_INTERNAL_API: endpoint.optional(),
  RACKCAST_INTERNAL_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  RACKCAST_MULTICAST_ENABLED: flag.optional(),
  RACKCAST_VISIBLE_STEPS: flag.default(false),
  RACKCAST_RECONCILE_EVERY: duration.optional(),
  RACKCAST_WORKER_METRICS: endpoint.optional(),
  RACKCAST_API_METRICS: endpoint.optional(),
  RACKCAST_SWITCHES: list.optional(),
  RACKCAST_PORT_BASE: port.optional(),
  RACKCAST_POSTGRES_PORT: port.optional(),
  RACKCAST_TEMPORAL_PORT: port.optional(),
  RACKCAST_TEMPORAL_UI_PORT: port.optional(),
  TEMPORAL_CLI_PATH: z.string().optional(),
});

export interface Endpoint {
  host: string;
  port: number;
}

export interface TemporalConfig {
  /** Set when the user runs a Temporal of their own; undefined means the local stack's development server. */
  address: string | undefined;
  namespace: string;
  taskQueue: string;
  /** For `Connection.connect` and `NativeConnection.connect` alike: address, TLS, API key, metadata. */
  connection: ClientConnectConfig['connectionOptions'];
}

export interface StackConfig {
  databaseUrl: string | undefined;
  temporal: TemporalConfig;
  externalApi: Endpoint;
  internalApi: Endpoint;
  /** The bearer token that Nexus shows to the internal API. */
  internalToken: string | undefined;
  /** `undefined` leaves the database's runtime configuration as it is. */
  multicastEnabled: boolean | undefined;
  /** Every call to a switch or a sled is an activity of its own, also where the first attempt would do. */
  visibleSteps: boolean;
  /** In milliseconds; `undefined` means what the schedule itself says. */
  reconcileEvery: number | undefined;
  /** Prometheus listeners; `undefined` means none. */
  workerMetrics: Endpoint | undefined;
  apiMetrics: Endpoint | undefined;
  logLevel: z.output<typeof settings>['RACKCAST_LOG_LEVEL'];
  /** Absolute. Logs, the embedded database and `stack.json` are here. */
  dataDir: string;
  /** Addresses (URLs) of switch daemons to use instead of simulators. */
  switches: string[] | undefined;
  stackPorts: StackPorts;
  temporalCliPath: string | undefined;
  /** Where things that every clone on the machine shares are kept, such as Temporal's CLI. */
  cacheDir: string;
  searchPath: string;
  ci: boolean;
}

/** A port of `undefined` means: as temporal-dev.yaml says. */
export interface StackPorts {
  temporal: number | undefined;
  temporalUi: number | undefined;
  switches: number;
  sleds: number;
  postgres: number;
}

export type Config = StackConfig & { databaseUrl: string };

export class ConfigError extends Error {
  constructor(readonly lines: string[]) {
    super(lines.join('\n'));
    this.name = 'ConfigError';
  }
}

/** For the worker, the API and the migrations: everything they need is there, or the process ends with a clear line. */
export function loadConfig(): Config {
  return orExit(() => requireDatabase(parseConfig(process.env)));
}

/** For `rackcast start`: Postgres and Temporal may still have to be found. */
export function loadStackConfig(): StackConfig {
  return orExit(() => parseConfig(process.env));
}

/** The environment for a child process: ours, with some settings replaced. Secrets travel here and never on a command line. */
export function childEnvironment(replaced: Environment): NodeJS.ProcessEnv {
  return { ...process.env, ...replaced };
}

export function requireDatabase(config: StackConfig): Config {
  if (config.databaseUrl === undefined)
    throw new ConfigError(['DATABASE_URL is not set: postgres://user@host/database']);
  return { ...config, databaseUrl: config.databaseUrl };
}

/** Pure, for tests: the same rules over any environment. An empty value counts as unset. */
export function parseConfig(environment: Environment): StackConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => wrong(issue, given)));
  const s = parsed.data;
  const base = s.RACKCAST_PORT_BASE ?? 12_220;
  const moved = s.RACKCAST_PORT_BASE !== undefined;
  return {
    databaseUrl: s.DATABASE_URL,
    temporal: temporalConfig(given, s.RACKCAST_TASK_QUEUE),
    externalApi: s.RACKCAST_EXTERNAL_API ?? { host: '127.0.0.1', port: base },
    internalApi: s.RACKCAST_INTERNAL_API ?? { host: '127.0.0.1', port: base + 1 },
    internalToken: s.RACKCAST_INTERNAL_TOKEN,
    multicastEnabled: s.RACKCAST_MULTICAST_ENABLED,
    visibleSteps: s.RACKCAST_VISIBLE_STEPS,
    reconcileEvery: s.RACKCAST_RECONCILE_EVERY,
    workerMetrics: s.RACKCAST_WORKER_METRICS,
    apiMetrics: s.RACKCAST_API_METRICS,
    logLevel: s.RACKCAST_LOG_LEVEL,
    dataDir: resolve(s.RACKCAST_DATA_DIR),
    switches: s.RACKCAST_SWITCHES,
    stackPorts: {
      temporal: s.RACKCAST_TEMPORAL_PORT ?? (moved ? base + 2 : undefined),
      temporalUi: s.RACKCAST_TEMPORAL_UI_PORT ?? (moved ? base + 3 : undefined),
      switches: base + 4,
      sleds: base + 6,
      postgres: s.RACKCAST_POSTGRES_PORT ?? base + 12,
    },
    temporalCliPath: s.TEMPORAL_CLI_PATH,
    cacheDir: join(given['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rackcast'),
    searchPath: given['PATH'] ?? '',
    ci: given['CI'] !== undefined && given['CI'] !== 'false',
  };
}

function temporalConfig(environment: Record<string, string | undefined>, taskQueue: string): TemporalConfig {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({
      overrideEnvVars: environment as Record<string, string>,
    });
    return {
      address: connectionOptions.address,
      namespace: namespace ?? 'default',
      taskQueue,
      connection: connectionOptions,
    };
  } catch (error) {
    throw new ConfigError([`TEMPORAL_…: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function wrong(issue: z.core.$ZodIssue, given: Environment): string {
  const name = String(issue.path[0]);
  // A secret is never repeated, not even a wrong one.
  const shown = /TOKEN|DATABASE_URL/.test(name) ? '' : `=${given[name]}`;
  return `${name}${shown}: ${issue.message}`;
}

function orExit<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.lines) process.stderr.write(`rackcast: ${line}\n`);
    return process.exit(2);
  }
}
