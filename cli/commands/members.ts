/** `rackcast members`: who should receive what, where, and whether it does. */
import { Option, type Command } from 'commander';
import { answer, list, type Schemas } from '../api-client';
import { define, given, positive, type Session } from '../command';
import { groupId } from '../select';
import { table } from '../table';
import { orNone, stateText } from '../words';

interface ListOptions {
  group?: string;
  instance?: string;
  sled?: string;
  state?: Schemas['Member']['state'] | 'removed';
  limit: number;
}

export function memberCommands(program: Command): void {
  const members = program.command('members').description('memberships of all groups');
  define<ListOptions>(members, 'list', 'list members', listMembers)
    .option('--group <name|address|id>')
    .option('--instance <id>')
    .option('--sled <id>', 'where it receives, or shall')
    .addOption(
      new Option('--state <state>', 'removed: what not every switch has confirmed').choices([
        'joining',
        'joined',
        'left',
        'removed',
      ]),
    )
    .option('--limit <n>', 'at most so many', positive, 500);
}

async function listMembers(
  { api, showList }: Session,
  { group, instance, sled, state, limit }: ListOptions,
): Promise<void> {
  const filter = given({
    group: group === undefined ? undefined : await groupId(api, group),
    instance,
    sled,
    state,
  });
  const listed = await list(limit, (page) =>
    answer(api.GET('/members', { params: { query: { ...page, ...filter } } })),
  );
  showList(listed, (members) =>
    table(
      ['group', 'address', 'instance', 'state', 'port', 'migrates to', 'reason'],
      members.map((member) => [
        member.group_name,
        member.group_ip,
        member.instance_name ?? member.instance_id,
        stateText(member.time_deleted === null ? member.state : 'removed'),
        orNone(member.port),
        orNone(member.target_port),
        orNone(member.reason),
      ]),
    ),
  );
}
