/**
 * temporal-dev.yaml, and the development server that it describes.
 *
 * The keys under `server` are the flags of `temporal server start-dev`, so nothing has to be translated but their form: a
 * list or a map is a flag given many times. A key that this file does not know is refused rather than ignored.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { requireFree, StackError, until } from './ports';
import type { Program, StackProcess } from './process';
import { connectTemporal } from './temporal-client';
import { projectRoot } from './root';

const duration = z
  .string()
  .regex(/^\d+(s|m|h)$/)
  .transform(
    (text) => Number.parseInt(text, 10) * { s: 1_000, m: 60_000, h: 3_600_000 }[text.at(-1) as 's' | 'm' | 'h'],
  );

const attributeType = z.enum(['Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList']);

const schedule = z.strictObject({
  'workflow-type': z.string(),
  every: duration,
  jitter: duration.optional(),
  overlap: z.enum(['skip', 'buffer-one']),
  'catchup-window': duration,
});

const file = z.strictObject({
  server: z.strictObject({
    ip: z.string(),
    port: z.int(),
    'ui-port': z.int(),
    'db-filename': z.string(),
    'log-level': z.string(),
    'log-format': z.string(),
    'search-attribute': z.record(z.string(), attributeType),
    'dynamic-config-value': z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
    'sqlite-pragma': z.record(z.string(), z.string()),
  }),
  namespace: z.strictObject({ retention: duration }),
  schedules: z.record(z.string(), schedule),
});

export type DevelopmentNamespace = z.output<typeof file>;

export function developmentNamespace(path = join(projectRoot, 'temporal-dev.yaml')): DevelopmentNamespace {
  const parsed = file.safeParse(parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StackError(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

export interface ServerOptions {
  cli: string;
  port: number;
  /** `undefined`: no UI. */
  uiPort: number | undefined;
  /** `undefined`: everything in memory, gone at the end. */
  databaseFile: string | undefined;
  namespace: string;
  logFile: string;
  env: NodeJS.ProcessEnv;
  launch: (program: Program) => StackProcess;
}

export async function startTemporal(settings: DevelopmentNamespace, options: ServerOptions): Promise<StackProcess> {
  const { ip } = settings.server;
  await requireFree(options.port, ip, 'Temporal', 'RACKCAST_TEMPORAL_PORT');
  if (options.uiPort !== undefined) await requireFree(options.uiPort, ip, "Temporal's UI", 'RACKCAST_TEMPORAL_UI_PORT');
  const started = options.launch({
    name: 'temporal',
    logFile: options.logFile,
    env: options.env,
    run: {
      command: options.cli,
      args: ['server', 'start-dev', ...serverFlags(settings, options)],
      stopSignal: 'SIGINT',
    },
  });
  const address = `${ip}:${options.port}`;
  try {
    await until('Temporal', () => serves(address, options.namespace), { seconds: 60, alive: () => started.alive });
  } catch (error) {
    await started.stop();
    throw new StackError(`${(error as Error).message}\n${started.lastWords()}`);
  }
  return started;
}

/** The file's flags, with what this start decides for itself put in their place. */
export function serverFlags(
  settings: DevelopmentNamespace,
  { port, uiPort, databaseFile, namespace }: Omit<ServerOptions, 'cli' | 'logFile' | 'env' | 'launch'>,
): string[] {
  const { 'ui-port': _ui, 'db-filename': _file, 'sqlite-pragma': pragmas, ...rest } = settings.server;
  return flags({
    ...rest,
    port,
    ...(uiPort === undefined ? { headless: true } : { 'ui-port': uiPort }),
    ...(databaseFile === undefined ? {} : { 'db-filename': databaseFile, 'sqlite-pragma': pragmas }),
    ...(namespace === 'default' ? {} : { namespace }),
  });
}

type Flag = string | number | boolean | Record<string, string | number | boolean>;

function flags(values: Record<string, Flag>): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    if (typeof value !== 'object') return [`--${name}`, String(value)];
    // Dynamic configuration takes JSON; the other maps take words.
    const text = (item: string | number | boolean): string =>
      name === 'dynamic-config-value' ? JSON.stringify(item) : String(item);
    return Object.entries(value).flatMap(([key, item]) => [`--${name}`, `${key}=${text(item)}`]);
  });
}

async function serves(address: string, namespace: string): Promise<boolean> {
  const client = await connectTemporal({ address }, namespace);
  try {
    await client.workflowService.describeNamespace({ namespace });
    return true;
  } finally {
    await client.connection.close();
  }
}
