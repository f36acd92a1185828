/** `rackcast simulate …`: one simulator as a process of its own. Its parts of a rack are the simulators' business. */
import { runSledAgentSimulator } from '../simulators/sled-agent/main';
import { runSwitchSimulator } from '../simulators/switch/main';

interface SwitchFlags {
  listen: string;
  apiVersion: '13' | '1';
  multicast: boolean;
}

interface SledAgentFlags {
  listen: string;
  apiVersion: '4' | '5';
  sledId?: string;
}

export async function simulateSwitch({ listen, apiVersion, multicast }: SwitchFlags): Promise<void> {
  process.exitCode = await runSwitchSimulator({ listen, apiVersion: apiVersion === '1' ? 1 : 13, multicast });
}

export async function simulateSledAgent({ listen, apiVersion, sledId }: SledAgentFlags): Promise<void> {
  process.exitCode = await runSledAgentSimulator({
    listen,
    apiVersion: apiVersion === '4' ? 4 : 5,
    ...(sledId === undefined ? {} : { sledId }),
  });
}
