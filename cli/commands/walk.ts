/**
 * `rackcast walk`: where a packet goes, through simulated switches and sleds that run somewhere. It asks each of them what it holds
 * (`/sim/dump`, `/sim/vmms`) and follows the packet through that; real daemons cannot be asked so.
 */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { readSled, readSwitch, walk, type PacketInput, type Walk } from '../../simulators/walk/walk';
import { CommandError, EXIT, usage } from '../failure';
import { section } from '../words';

interface Options {
  packet: string;
  switch: string[];
  sled: Plugged[];
  json?: true;
}

interface Plugged {
  port: string;
  address: string;
}

const TIMEOUT_MS = 10_000;

export function walkCommand(program: Command): void {
  program
    .command('walk')
    .description('follow a packet through simulated switches and sleds')
    .requiredOption('--packet <json|@file>', `such as '${EXAMPLE}'`)
    .requiredOption('--switch <url...>', 'simulated switches; named switch0, switch1, … in this order')
    .option('--sled <rearN=url...>', 'simulated sled agents, each behind its port', plugged, [])
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      process.exitCode = await run(options).catch((error: unknown) => {
        if (!(error instanceof CommandError)) throw error;
        process.stderr.write(`rackcast: ${error.message}\n`);
        return error.exitCode;
      });
    });
}

const EXAMPLE = '{"source":"10.0.0.1","destination":"224.1.1.1","ingress":{"switch":"switch0","port":"qsfp0"}}';

function plugged(text: string, before: Plugged[]): Plugged[] {
  const [, port, address] = /^(rear\d{1,2})=(.+)$/.exec(text) ?? [];
  if (port === undefined || address === undefined) throw new InvalidArgumentError('expected rearN=url');
  return [...before, { port, address }];
}

async function run(options: Options): Promise<number> {
  const packet = packetOf(options.packet);
  const [switches, sleds] = await Promise.all([
    Promise.all(
      options.switch.map(async (address, at) => readSwitch(`switch${at}`, await fetchJson(address, '/sim/dump'))),
    ),
    Promise.all(
      options.sled.map(async ({ port, address }) => readSled(port, port, await fetchJson(address, '/sim/vmms'))),
    ),
  ]);
  let walked: Walk;
  try {
    walked = walk(packet, switches, sleds);
  } catch (error) {
    throw usage(`--packet: ${error instanceof Error ? error.message : String(error)}`);
  }
  process.stdout.write(`${options.json === true ? JSON.stringify(walked, addressesAsText, 2) : readable(walked)}\n`);
  return EXIT.ok;
}

function packetOf(text: string): PacketInput {
  try {
    return JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text) as PacketInput;
  } catch (error) {
    throw usage(`--packet: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function fetchJson(address: string, path: string): Promise<unknown> {
  const url = new URL(path, address.includes('://') ? address : `http://${address}`);
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.json();
  } catch (error) {
    throw new CommandError(`${url.href}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** An address is an object with its number in it, which JSON does not have. */
function addressesAsText(_key: string, value: unknown): unknown {
  const { family, text } = (typeof value === 'object' && value !== null ? value : {}) as {
    family?: 4 | 6;
    text?: string;
  };
  return family === undefined ? value : text;
}

function readable({ unsent, paths, receivers, sometimes }: Walk): string {
  if (unsent !== null) return `not sent: ${unsent}`;
  const people = [`VMMs that get it: ${receivers.join(' ') || 'none'}`];
  if (sometimes.length > 0) people.push(`through some switches only: ${sometimes.join(' ')}`);
  return [
    people.join('\n'),
    ...paths.map((path) => {
      const lookups = path.lookups.map(({ table, key, entry }) => [table, key, entry === null ? 'miss' : 'hit']);
      const copies = path.copies.map(({ port, member, form, vlan, dropped }) => [
        port,
        `${member}, ${form}`,
        dropped ?? `sent${vlan === null ? '' : ` in VLAN ${vlan}`}`,
      ]);
      const sleds = path.sleds.map(({ port, filtered, refused, nics }) => [
        port,
        refused ??
          (filtered ? nics.map(({ vmm }) => vmm).join(' ') || 'nobody accepts it' : 'no filter: its port counts'),
      ]);
      const end = path.dropped === null ? '' : `\n  dropped: ${path.dropped}`;
      return [
        section(`${path.switch}: lookups`, [], lookups),
        end,
        section(`${path.switch}: copies`, [], copies),
        section(`${path.switch}: sleds`, [], sleds),
      ].join('');
    }),
  ].join('');
}
