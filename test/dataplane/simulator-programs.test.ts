/** The simulators as programs: one line when ready, one line when the address cannot be had, an end on a signal. */
import { runSledAgentSimulator } from '../../simulators/sled-agent/main';
import { startSledAgentSimulator } from '../../simulators/sled-agent/server';
import { runSwitchSimulator } from '../../simulators/switch/main';

afterEach(() => jest.restoreAllMocks());

const sledAgent = (listen: string) => runSledAgentSimulator({ listen, apiVersion: 4 });
const facing = (listen: string) => runSwitchSimulator({ listen, apiVersion: 1, multicast: true });

test.each([
  [sledAgent, /^sled-agent simulator ready on http:\/\/127\.0\.0\.1:\d+ \(API version 4\.0\.0\)\n$/, 'SIGTERM'],
  [facing, /^switch simulator ready on http:\/\/127\.0\.0\.1:\d+ \(DPD API 1\)\n$/, 'SIGINT'],
] as const)('says where it is when it is ready, and stops on a signal with 0: %#', async (run, expected, signal) => {
  const ready = new Promise<string>((resolve) => {
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      resolve(String(text));
      return true;
    });
  });
  const exit = run('127.0.0.1:0');
  const line = await ready;
  expect(line).toMatch(expected);
  const url = /http:\S+/.exec(line)![0];
  expect((await fetch(`${url}/sim/faults`)).status).toBe(200);
  process.emit(signal, signal);
  expect(await exit).toBe(0);
  await expect(fetch(`${url}/sim/faults`)).rejects.toThrow('fetch failed');
});

test('a port in use and an address that is none are one line and exit code 1', async () => {
  const lines: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const holder = await startSledAgentSimulator({ host: '127.0.0.1', port: 0, apiVersion: 5 });
  expect(await sledAgent(holder.address)).toBe(1);
  expect(await facing(holder.address)).toBe(1);
  await holder.close();
  expect(await facing('nowhere')).toBe(1);
  expect(lines).toEqual([
    `sled-agent simulator: ${holder.address} is in use\n`,
    `switch simulator: ${holder.address} is in use\n`,
    'switch simulator: --listen nowhere: expected host:port\n',
  ]);
});
