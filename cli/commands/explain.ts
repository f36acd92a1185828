/** `rackcast explain`: why an instance does, or does not, receive a group, with the first broken link of the chain. Exit code 3 when it does not. */
import colors from 'picocolors';
import type { Command } from 'commander';
import { answer, type Schemas } from '../api-client';
import { define, given, type Session } from '../command';
import { EXIT, type ExitCode } from '../failure';
import { groupId } from '../select';
import { table } from '../table';

interface Options {
  group: string;
  instance?: string;
  source?: string;
}

export function explainCommand(program: Command): void {
  define<Options>(
    program,
    'explain',
    'why an instance does, or does not, receive a group; exit code 3 if it does not',
    run,
  )
    .requiredOption('--group <name|address|id>')
    .option('--instance <name|id>', 'a name counts in the project of the group; without it: the group alone')
    .option('--source <address>', 'who sends');
}

async function run({ api, show }: Session, { group, instance, source }: Options): Promise<ExitCode> {
  const path = { group: await groupId(api, group) };
  const query = given({ instance, source });
  const explanation = await answer(api.GET('/groups/{group}/explain', { params: { path, query } }));
  show(explanation, () => `${sentence(explanation)}\n\n${chain(explanation.links)}`);
  return explanation.receives === 'no' ? EXIT.drift : EXIT.ok;
}

const RECEIVES = {
  yes: colors.green('receives'),
  partly: colors.yellow('receives in part'),
  no: colors.red('does not receive'),
};

function sentence({
  instance_name: instance,
  group_name: name,
  group_ip: ip,
  source,
  receives,
  broken,
  why,
}: Schemas['GroupExplanation']): string {
  const from = source === null ? '' : ` from ${source}`;
  const because = broken === null ? '' : `\n${broken}: ${why}`;
  return `${instance ?? 'a member'} ${RECEIVES[receives]} ${name} (${ip})${from}${because}`;
}

const MARKS = { whole: colors.green('ok'), limited: colors.yellow('limited'), broken: colors.red('broken') };

const chain = (links: Schemas['ExplanationLink'][]): string =>
  table(
    [],
    links.map(({ link, state, detail }) => [link, MARKS[state], detail]),
  );
