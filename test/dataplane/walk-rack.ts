/** Simulated switches and sleds for the suites of the packet walk, read as an operator would read them. */
import { readSled, readSwitch, type WalkSled, type WalkSwitch } from '../../simulators/walk/walk';
import { sledView } from '../../simulators/sled-agent/admin';
import { SledAgentState } from '../../simulators/sled-agent/state';
import { startSwitchSimulator, type SwitchSimulator } from '../../simulators/switch/server';
import { bodies } from './fixtures/recorded-facts';
import { send } from './switch-calls';

const { under, ext, exact } = bodies;

type Members = Parameters<typeof under>[2][];

export interface GroupOnSwitch {
  ip: string;
  underlay: string;
  members?: Members;
  vlan?: number;
  sources?: string[];
}

/** A rear or front port as a member. */
export const inside = (...ports: string[]): Members => ports.map((port) => [port]);
export const outside = (...ports: string[]): Members => ports.map((port) => [port, 'External']);

/** A switch with these groups, in the dump as it comes over HTTP. */
export async function switchWith(
  id: string,
  groups: GroupOnSwitch[],
  { apiLevel = 13, links }: { apiLevel?: 13 | 1; links?: string[] } = {},
): Promise<WalkSwitch> {
  const simulator = await startSwitchSimulator({
    host: '127.0.0.1',
    port: 0,
    apiLevel,
    ...(links === undefined ? {} : { links }),
  });
  for (const group of groups) await createOn(simulator, apiLevel, group);
  const { body } = await send(simulator.address, 'GET', '/sim/dump');
  await simulator.close();
  return readSwitch(id, body);
}

async function createOn({ address }: SwitchSimulator, apiLevel: 13 | 1, group: GroupOnSwitch): Promise<void> {
  const { ip, underlay, members = [], vlan = null, sources } = group;
  const version = { 'api-version': `${apiLevel}.0.0` };
  const external = ext(ip, { target: underlay, vlan, sources: sources === undefined ? null : exact(...sources) });
  const answers = [
    await send(address, 'POST', '/multicast/underlay-groups', under(underlay, 't', ...members), version),
    await send(address, 'POST', '/multicast/external-groups', external, version),
  ];
  for (const { status, body } of answers) if (status >= 400) throw new Error(JSON.stringify(body));
}

/** VMMs by the groups they joined: `239.1.1.1`, or `232.1.1.1 10.0.0.1` with a source. */
export function sledWith(
  id: string,
  port: string,
  vmms: Record<string, string[]>,
  apiVersion: 4 | 5 = 5,
): WalkSled & { state: SledAgentState } {
  const state = new SledAgentState({ apiVersion, sledId: id });
  for (const [vmm, joined] of Object.entries(vmms)) {
    for (const text of joined) {
      const [group_ip = '', ...sources] = text.split(' ');
      state.vmms.join(vmm, { group_ip, sources });
    }
  }
  return Object.assign(readSled(id, port, JSON.parse(JSON.stringify(sledView(state)))), { state });
}
