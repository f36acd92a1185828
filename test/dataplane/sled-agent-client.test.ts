/** The client against simulated agents of both versions: what it sends, what it learns, what it makes of errors. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createSledAgentClient,
  type SledAgentClient,
  type SledAgentClientOptions,
} from '../../dataplane/sled-agent/client';
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import type { FaultRequest } from '../../simulators/faults';
import { startSledAgentSimulator, type SledAgentSimulator } from '../../simulators/sled-agent/server';
import { ASM, bodyV5, SSM } from './sled-agent-bodies';

let simulator: SledAgentSimulator;
let client: SledAgentClient;
let learned: ApiVersion[];
let clock: number;
let vmm: string;

async function start(apiVersion: ApiVersion, options: Partial<SledAgentClientOptions> = {}, autoRegister = false) {
  simulator = await startSledAgentSimulator({ host: '127.0.0.1', port: 0, apiVersion, autoRegister });
  vmm = randomUUID();
  learned = [];
  clock = 0;
  client = createSledAgentClient({
    address: simulator.address,
    timeoutMs: 5_000,
    connections: 4,
    onVersion: (version) => learned.push(version),
    now: () => clock,
    ...options,
  });
}

/** What the agent was asked, without the version probes. */
const asked = () =>
  simulator.state.requests
    .recent()
    .filter(({ path }) => !path.includes('00000000-0000'))
    .map(({ method, path, status }) => `${method} ${path.replace(vmm, 'V')} ${status}`);
const probes = () => simulator.state.requests.recent().length - asked().length;
const nic = () => simulator.state.vmms.view()[0]!.nics[0]!;
const fault = (request: FaultRequest) => simulator.state.faults.add(request);
const GROUP_PATH = '/vmms/*/multicast-group';

afterEach(async () => {
  await client.close();
  await simulator.close();
});

describe('an agent of version 5', () => {
  beforeEach(() => start(5));

  test('registers with the given groups, whatever the body said', async () => {
    expect(client.version()).toBeNull();
    await client.registerVmm(vmm, { ...bodyV5([SSM]), later: 1 }, [ASM]);
    expect(nic().prepared).toEqual([ASM]);
    expect([client.version(), learned]).toEqual([5, [5]]);
  });

  test('joins, leaves and unregisters, each as often as it likes', async () => {
    await client.registerVmm(vmm, bodyV5(), []);
    expect(await client.joinGroup(vmm, SSM)).toBe('joined');
    expect(await client.joinGroup(vmm, { ...SSM, sources: [...SSM.sources].reverse() })).toBe('joined');
    expect(nic().joined).toEqual([SSM]);
    expect(await client.leaveGroup(vmm, { ...SSM, sources: [...SSM.sources].reverse() })).toBe('left');
    expect(await client.leaveGroup(vmm, SSM)).toBe('left');
    expect(nic().joined).toEqual([]);
    await client.unregisterVmm(vmm);
    await client.unregisterVmm(vmm);
    expect(simulator.state.vmms.view()).toEqual([]);
    expect(probes()).toBe(1);
  });

  test('an unknown VMM: Missing to join, done to leave', async () => {
    await expect(client.joinGroup(vmm, ASM)).rejects.toMatchObject({
      code: 'Missing',
      message: expect.stringMatching(
        new RegExp(`PUT ${simulator.url}/vmms/${vmm}/multicast-group answered 404: NO_SUCH_INSTANCE: Not Found`),
      ),
    });
    expect(await client.leaveGroup(vmm, ASM)).toBe('left');
  });

  test('an ending VMM: Refused to join, done to leave', async () => {
    await client.registerVmm(vmm, bodyV5(), []);
    simulator.state.vmms.terminate(vmm);
    await expect(client.joinGroup(vmm, ASM)).rejects.toMatchObject({ code: 'Refused' });
    expect(await client.leaveGroup(vmm, ASM)).toBe('left');
  });

  test('a wrong body is Refused with the agent’s words, and does not change the version', async () => {
    const body = bodyV5();
    await expect(client.registerVmm(vmm, { ...body, instance_id: 7 }, [])).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringContaining('unable to parse JSON body: instance_id'),
    });
    await expect(client.registerVmm(vmm, { instance_id: 7 }, [])).rejects.toMatchObject({ code: 'Refused' });
    expect([client.version(), asked()]).toEqual([5, ['PUT /vmms/V 400']]);
  });

  test('parallel first calls share one probe', async () => {
    await simulator.close();
    await client.close();
    await start(5, {}, true);
    const joins = Array.from({ length: 50 }, () => client.joinGroup(randomUUID(), ASM));
    expect(new Set(await Promise.all(joins))).toEqual(new Set(['joined']));
    expect(probes()).toBe(1);
  });
});

describe('an agent of version 4', () => {
  beforeEach(() => start(4));

  test('gets the registration without groups, and is never asked to join or leave', async () => {
    await client.registerVmm(vmm, bodyV5([ASM]), [ASM]);
    expect(nic().prepared).toEqual([]);
    expect(await client.joinGroup(vmm, ASM)).toBe('not_supported');
    expect(await client.leaveGroup(vmm, ASM)).toBe('not_supported');
    await client.unregisterVmm(vmm);
    expect(asked()).toEqual(['PUT /vmms/V 200', 'DELETE /vmms/V 200']);
    expect([client.version(), learned, probes()]).toEqual([4, [4], 2]);
  });

  test('is asked again at most once per minute, and its upgrade is noticed', async () => {
    await client.registerVmm(vmm, bodyV5(), []);
    simulator.state.apiVersion = 5;
    clock = 59_999;
    expect(await client.joinGroup(vmm, ASM)).toBe('not_supported');
    clock = 60_000;
    const both = await Promise.all([client.joinGroup(vmm, ASM), client.joinGroup(vmm, SSM)]);
    expect(both).toEqual(['joined', 'joined']);
    expect(learned).toEqual([4, 5]);
    expect(nic().joined).toHaveLength(2);
  });

  test('stays what it was while it cannot answer', async () => {
    await client.negotiate();
    clock = 60_000;
    fault({ match: { path: '*/state' }, action: { kind: 'drop', when: 'before' }, times: 1 });
    expect(await client.joinGroup(vmm, ASM)).toBe('not_supported');
    expect([client.version(), learned]).toEqual([4, [4]]);
  });

  test('can be negotiated with on demand', async () => {
    expect(await client.negotiate()).toBe(4);
    simulator.state.apiVersion = 5;
    expect(await client.negotiate()).toBe(5);
    expect(learned).toEqual([4, 5]);
  });
});

describe('what the registry says', () => {
  test('5 is believed until the agent refuses it', async () => {
    await start(4, { apiVersion: 5 });
    expect(client.version()).toBe(5);
    await client.registerVmm(vmm, bodyV5(), [ASM]);
    expect([client.version(), learned]).toEqual([4, [4]]);
    expect(asked()).toEqual(['PUT /vmms/V 400', 'PUT /vmms/V 200']);
    expect(await client.joinGroup(vmm, ASM)).toBe('not_supported');
  });

  test('5 that is true costs no probe', async () => {
    await start(5, { apiVersion: 5 });
    await client.registerVmm(vmm, bodyV5(), []);
    expect([probes(), learned]).toEqual([0, []]);
  });

  test('4 is verified at the first use', async () => {
    await start(5, { apiVersion: 4 }, true);
    expect(await client.joinGroup(vmm, ASM)).toBe('joined');
    expect(learned).toEqual([5]);
  });

  test('an agent that goes back to version 4 is noticed', async () => {
    await start(5, {}, true);
    await client.joinGroup(vmm, ASM);
    simulator.state.apiVersion = 4;
    expect(await client.joinGroup(vmm, ASM)).toBe('not_supported');
    expect(learned).toEqual([5, 4]);
  });
});

describe('errors', () => {
  beforeEach(async () => {
    await start(5, {}, true);
    await client.joinGroup(vmm, ASM);
  });

  test.each([
    [503, 'ServerError'],
    [502, 'ServerError'],
    [500, 'ServerError'],
    [400, 'Refused'],
    [403, 'Refused'],
    [410, 'Refused'],
    [404, 'Missing'],
  ])('%s on join is %s', async (status, code) => {
    fault({ match: { path: GROUP_PATH }, action: { kind: 'status', status, message: 'because' } });
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('because'),
    });
    expect(client.version()).toBe(5);
  });

  test('500 for a VMM that is not there is Missing to join and done to leave', async () => {
    simulator.state.vmms.autoRegister = false;
    fault({ match: { path: GROUP_PATH }, action: { kind: 'status', status: 500 } });
    await expect(client.joinGroup(randomUUID(), SSM)).rejects.toMatchObject({ code: 'Missing' });
    expect(await client.leaveGroup(randomUUID(), SSM)).toBe('left');
    await expect(client.leaveGroup(vmm, SSM)).rejects.toMatchObject({ code: 'ServerError' });
  });

  test('a connection dropped before and after the effect is Unreachable; repeating is safe', async () => {
    fault({ match: { method: 'put' }, action: { kind: 'drop', when: 'before' }, times: 1 });
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({ code: 'Unreachable' });
    expect(nic().joined).toEqual([ASM]);
    fault({ match: { method: 'PUT' }, action: { kind: 'drop', when: 'after' }, times: 1 });
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({ code: 'Unreachable' });
    expect(nic().joined).toEqual([ASM, SSM]);
    expect(await client.joinGroup(vmm, SSM)).toBe('joined');
    expect(nic().joined).toEqual([ASM, SSM]);
    expect(simulator.state.faults.list().map(({ injected }) => injected)).toEqual([1, 1]);
    expect(asked().filter((line) => line.endsWith(' 0'))).toHaveLength(2);
  });

  test('nobody listening is Unreachable, and the agent is found again when it is back', async () => {
    const port = Number(new URL(simulator.url).port);
    await simulator.close();
    // The first may still find the old connection, the second finds nobody.
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({ code: 'Unreachable' });
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/PUT .*: connect ECONNREFUSED/),
    });
    simulator = await startSledAgentSimulator({ host: '127.0.0.1', port, apiVersion: 5 });
    expect(await client.joinGroup(vmm, SSM)).toBe('joined');
  });

  test('an agent that never answers is Unreachable within the deadline', async () => {
    await client.close();
    client = createSledAgentClient({ address: simulator.url, timeoutMs: 50, connections: 1, apiVersion: 5 });
    simulator.state.pause();
    const calls = [client.joinGroup(vmm, SSM), client.leaveGroup(vmm, SSM), client.registerVmm(vmm, bodyV5(), [])];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({
        reason: { code: 'Unreachable', message: expect.stringContaining('within 50 ms') },
      });
    }
    simulator.state.resume();
  });

  test('a delay shorter than the deadline is only a delay', async () => {
    fault({ action: { kind: 'delay', ms: 20 } });
    expect(await client.joinGroup(vmm, SSM)).toBe('joined');
  });

  test('an agent that speaks neither version is Unsupported', async () => {
    await client.close();
    client = createSledAgentClient({ address: simulator.address, timeoutMs: 5_000, connections: 1 });
    fault({ action: { kind: 'status', status: 400 } });
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({ code: 'Unsupported' });
    expect(client.version()).toBeNull();
  });

  test('an agent in trouble at the first probe is ServerError, and nothing is concluded', async () => {
    await client.close();
    client = createSledAgentClient({ address: simulator.address, timeoutMs: 5_000, connections: 1 });
    fault({ action: { kind: 'status', status: 503 }, times: 1 });
    await expect(client.joinGroup(vmm, SSM)).rejects.toMatchObject({ code: 'ServerError' });
    expect(client.version()).toBeNull();
    expect(await client.joinGroup(vmm, SSM)).toBe('joined');
  });

  test('an answer that is not the agent’s is quoted as it is', async () => {
    const stranger = createServer((_request, response) => response.writeHead(418).end('teapot'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const other = createSledAgentClient({
      address: `127.0.0.1:${(stranger.address() as AddressInfo).port}`,
      timeoutMs: 5_000,
      connections: 1,
    });
    await expect(other.joinGroup(vmm, SSM)).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringMatching(/answered 418: teapot$/),
    });
    await other.close();
    await new Promise((resolve) => stranger.close(resolve));
  });
});
