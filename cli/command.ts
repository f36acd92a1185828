/**
 * What every operator's command has in common: where the API is, tables or `--json`, and an exit code. Invariant: standard
 * output holds the answer and nothing else; whatever goes wrong is one line on standard error.
 */
import { InvalidArgumentError, type Command } from 'commander';
import { loadStackConfig } from '../config';
import { internalApi, type Access, type InternalApi, type Listed } from './api-client';
import { CommandError, EXIT, usage, type ExitCode } from './failure';
import { readStackFile } from './stack/stack-file';

interface Common {
  api?: string;
  token?: string;
  json?: true;
}

export interface Session {
  api: InternalApi;
  json: boolean;
  /** Writes the value as JSON, or as people read it. */
  show: (value: unknown, readable: () => string) => void;
  /** The same for a list, with a note when there is more of it. */
  showList: <T>(listed: Listed<T>, readable: (items: T[]) => string) => void;
}

/** Defines a command; its work gets what was given, and may end it with a code of its own. */
export function define<O>(
  parent: Command,
  spec: string,
  description: string,
  work: (session: Session, options: O, ...args: string[]) => Promise<ExitCode | void>,
): Command {
  return parent
    .command(spec)
    .description(description)
    .option('--api <url>', 'the internal API (default: of the local stack)')
    .option('--token <token>', 'its token (default: of the local stack)')
    .option('--json', 'print JSON')
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const args = given.slice(0, -2) as string[];
      process.exitCode = await codeOf(() => {
        const options = command.optsWithGlobals<O & Common>();
        return work(sessionOf(options), options, ...args);
      });
    });
}

async function codeOf(work: () => Promise<ExitCode | void>): Promise<ExitCode> {
  try {
    return (await work()) ?? EXIT.ok;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`rackcast: ${error.message}\n`);
    return error.exitCode;
  }
}

function sessionOf(options: Common): Session {
  const json = options.json === true;
  const show: Session['show'] = (value, readable) =>
    void process.stdout.write(`${json ? JSON.stringify(value, null, 2) : readable()}\n`);
  return {
    api: internalApi(accessOf(options)),
    json,
    show,
    showList: ({ items, more }, readable) => {
      show(items, () => (items.length === 0 ? '  none' : readable(items)));
      if (more) process.stderr.write(`rackcast: only the first ${items.length}; --limit takes more\n`);
    },
  };
}

/** As given; else as the environment says; else the stack that runs on this machine. */
function accessOf({ api, token }: Common): Access {
  if (api !== undefined && token !== undefined) return { address: api, token };
  const config = loadStackConfig();
  const { host, port } = config.internalApi;
  const stack = readStackFile(config.dataDir);
  const configured = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const address = api ?? (config.internalToken === undefined ? stack?.internal_api : undefined) ?? configured;
  const shown = token ?? config.internalToken ?? stack?.internal_token;
  if (shown !== undefined) return { address, token: shown };
  throw usage(
    `no token for the internal API: there is no stack in ${config.dataDir}; use --api and --token, or RACKCAST_INTERNAL_TOKEN`,
  );
}

/** For options that take a number. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a positive integer');
  return value;
}

/** Only what was given: an absent option is no filter. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
