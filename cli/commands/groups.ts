/** `rackcast groups`: all of them with their figures, or one in full, down to what every switch has acknowledged. */
import { Option, type Command } from 'commander';
import { answer, list, type Schemas } from '../api-client';
import { define, given, positive, type Session } from '../command';
import { groupId, poolId, projectId } from '../select';
import { table } from '../table';
import { facts, NONE, orNone, section, stateText, timeText } from '../words';

interface ListOptions {
  state?: Schemas['GroupSummary']['state'];
  project?: string;
  pool?: string;
  limit: number;
}

export function groupCommands(program: Command): void {
  const groups = program.command('groups').description('multicast groups, and how far they have converged');
  define<ListOptions>(groups, 'list', 'list groups', listGroups)
    .addOption(new Option('--state <state>').choices(['creating', 'active', 'deleting']))
    .option('--project <name|id>')
    .option('--pool <name|id>')
    .option('--limit <n>', 'at most so many', positive, 500);
  define(groups, 'view <group>', 'one group, by name, address or id', viewGroup);
}

async function listGroups({ api, showList }: Session, { state, project, pool, limit }: ListOptions): Promise<void> {
  const filter = given({
    state,
    project: project === undefined ? undefined : await projectId(api, project),
    pool: pool === undefined ? undefined : await poolId(api, pool),
  });
  const listed = await list(limit, (page) => answer(api.GET('/groups', { params: { query: { ...page, ...filter } } })));
  showList(listed, (groups) =>
    table(
      ['group', 'address', 'state', 'joined', 'joining', 'left', 'rounds', 'writes', 'outcome', 'converged', ''],
      groups.map((group) => [
        group.name,
        group.multicast_ip,
        stateText(group.state),
        group.members.joined,
        group.members.joining,
        group.members.left,
        group.round,
        group.writes,
        stateText(group.outcome),
        timeText(group.time_converged),
        remarks(group),
      ]),
      ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'right'],
    ),
  );
}

function remarks(group: Schemas['GroupSummary']): string {
  const { requested, served, failures, degraded, drift } = group;
  return [
    requested > served ? `behind by ${requested - served}` : '',
    degraded.length > 0 ? `degraded: ${degraded.join(' ')}` : '',
    drift > 0 ? `drift: ${drift}` : '',
    failures > 0 ? `failed ${failures} times: ${orNone(group.reason)}` : '',
  ]
    .filter((remark) => remark !== '')
    .join(', ');
}

async function viewGroup({ api, show }: Session, _options: object, group = ''): Promise<void> {
  const id = await groupId(api, group);
  const status = await answer(api.GET('/groups/{group}/status', { params: { path: { group: id } } }));
  show(status, () =>
    [
      facts([
        ['group', status.name],
        ['id', status.id],
        ['address', status.multicast_ip],
        ['sources', status.source_ips.join(' ')],
        ['project', status.project_id],
        ['VNI', status.vni],
        ['state', stateText(status.state)],
        ['requested, served', `${status.requested}, ${status.served}`],
        ['newest round', `${status.round} ${orNone(status.outcome)}`],
        ['reason', status.reason],
        ['degraded', status.degraded.join(' ')],
        ['converged', timeText(status.time_converged)],
        ['next try', timeText(status.time_retry)],
        ['workflow', status.workflow_id],
      ]),
      section(
        'Switches',
        ['switch', 'service', 'ports', 'writes', 'acknowledged', 'last error'],
        status.switches.map(switchRow),
      ),
      section('Members', ['instance', 'state', 'port', 'migrates to', 'reason'], status.members.map(memberRow)),
      section(
        'Refused ports',
        ['switch', 'port', 'reason'],
        status.refused_ports.map((refused) => [refused.switch_id, refused.port, refused.reason]),
      ),
    ].join(''),
  );
}

function switchRow(each: Schemas['GroupSwitch']): string[] {
  const ports = each.config?.members.map(({ port }) => port).join(' ');
  const doubt = !each.current ? ' (before it restarted)' : each.suspect ? ' (to be read again)' : '';
  return [
    each.name,
    stateText(each.service),
    each.config === null ? 'absent' : orNone(ports),
    String(each.writes),
    timeText(each.time_acked) + doubt,
    orNone(each.last_error),
  ];
}

function memberRow(member: Schemas['GroupMember']): string[] {
  return [
    member.instance_name ?? member.instance_id,
    stateText(member.time_deleted === null ? member.state : 'removed'),
    member.port ?? NONE,
    member.target_port ?? NONE,
    orNone(member.reason),
  ];
}
