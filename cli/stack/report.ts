/**
 * What the stack shows when it is up: the groups with their members as the API tells them, the ports as each switch tells
 * them itself, and where everything is.
 */
import colors from 'picocolors';
import { table } from '../table';
import { bearer, httpClient, listAll } from './http';
import { until } from './ports';
import type { RunningStack } from './launcher';
import { instanceId, scenario } from './scenario-file';
import { switchPorts } from './switch-ports';

interface Group {
  id: string;
  name: string;
  multicast_ip: string;
  state: string;
  project_id: string;
}

interface Member {
  instance_id: string;
  state: string;
}

const SETTLE_SECONDS = 60;

export async function showGroups({ file, fresh }: RunningStack): Promise<void> {
  const { project, events } = scenario();
  const names = new Map(events.map((step) => Object.values(step)[0] as string).map((name) => [instanceId(name), name]));
  const external = httpClient(file.external_api, bearer(file.token));
  const list = (): Promise<Group[]> => listAll<Group>(external, `/v1/multicast-groups?project=${project}`);
  const read = (): Promise<Map<string, string[]>[]> =>
    Promise.all(file.switches.map(({ address }) => switchPorts(address)));
  const settled = async (): Promise<boolean> => {
    const [groups, ports] = [await list(), await read()];
    return groups.every(({ state, multicast_ip: ip }) => state === 'Active' && ports.every((each) => each.has(ip)));
  };
  // A database of one's own may hold another project's groups; and a group that does not settle is shown as it is.
  if (!fresh && !(await list().then(Boolean, () => false))) return;
  await until('every group', settled, { seconds: SETTLE_SECONDS }).catch(() => {});
  const ports = await read();
  const head = ['group', 'address', 'state', 'members', ...file.switches.map(({ name }) => name)];
  const rows: string[][] = [];
  for (const { id, name, multicast_ip: address, state } of await list()) {
    const members = await listAll<Member>(external, `/v1/multicast-groups/${id}/members`);
    const lines = members.map(
      (member) => `${names.get(member.instance_id) ?? member.instance_id} ${stateText(member.state)}`,
    );
    const seen = ports.map((each) => each.get(address)?.join(' ') ?? colors.dim('absent'));
    rows.push([name, address, stateText(state), lines.sort().join('\n'), ...seen]);
  }
  process.stdout.write(`\nGroups, and the ports that each switch has\n${table(head, rows)}\n`);
}

export function showAddresses({ file, filePath, logs }: RunningStack): void {
  const rows = [
    ['external API', file.external_api],
    ['internal API', file.internal_api],
    ['Temporal', file.temporal],
    ...(file.temporal_ui === null ? [] : [["Temporal's UI", file.temporal_ui]]),
    ...file.switches.map(({ name, address }) => [name, address]),
    ['sled agents', file.sled_agents.map(({ address }) => address).join(' ')],
    ['tokens, database', filePath],
    ['logs', logs],
  ];
  process.stdout.write(`\n${table([], rows)}\n`);
}

function stateText(state: string): string {
  if (state === 'Active' || state === 'Joined') return colors.green(state);
  return state === 'Left' ? colors.dim(state) : colors.yellow(state);
}
