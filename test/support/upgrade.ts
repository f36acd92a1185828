/** Programs that are replaced by newer ones under way, as racks are upgraded: piece by piece, at the same address. */
import { startSwitchSimulator } from '../../simulators/switch/server';
import { LIMITS } from '../../domain/limits';
import { until, type TestRack } from './rack';

/** The new agent knows the VMMs of the old one. */
export function upgradeAgent(rack: TestRack, at: number): void {
  rack.sleds[at]!.state.apiVersion = 5;
}

/** The new daemon begins with nothing. Not before its predecessor's uptime is long enough for the change to be seen. */
export async function upgradeSwitch(rack: TestRack, at: number): Promise<void> {
  const facing = rack.switches[at]!;
  const { hostname: host, port } = new URL(facing.address);
  await until('an uptime worth the name', () => facing.state.daemon.uptime() > LIMITS.bootSlackS + 2);
  await facing.close();
  Object.assign(facing, await startSwitchSimulator({ host, port: Number(port), apiLevel: 13 }));
}
