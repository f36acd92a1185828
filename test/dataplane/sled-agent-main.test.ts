/** The simulator as a program, and the parts all simulators share. */
import { FaultPlan, handleAdmin } from '../../simulators/faults';
import { RequestLog } from '../../simulators/requests';
import { runSledAgentSimulator } from '../../simulators/sled-agent/main';
import { startSledAgentSimulator } from '../../simulators/sled-agent/server';

afterEach(() => jest.restoreAllMocks());

test('says where it is when it is ready, and stops on SIGTERM with 0', async () => {
  const ready = new Promise<string>((resolve) => {
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      resolve(String(text));
      return true;
    });
  });
  const exit = runSledAgentSimulator({ listen: '127.0.0.1:0', apiVersion: 4 });
  const line = await ready;
  expect(line).toMatch(/^sled-agent simulator ready on http:\/\/127\.0\.0\.1:\d+ \(API version 4\.0\.0\)\n$/);
  const url = /http:\S+/.exec(line)![0];
  expect((await fetch(`${url}/sim/vmms`)).status).toBe(200);
  process.emit('SIGTERM', 'SIGTERM');
  expect(await exit).toBe(0);
  await expect(fetch(`${url}/sim/vmms`)).rejects.toThrow('fetch failed');
});

test('a port in use and an address that is none are one line and exit code 1', async () => {
  const lines: string[] = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const holder = await startSledAgentSimulator({ host: '127.0.0.1', port: 0, apiVersion: 5 });
  expect(await runSledAgentSimulator({ listen: holder.address, apiVersion: 5 })).toBe(1);
  await holder.close();
  expect(await runSledAgentSimulator({ listen: 'nowhere', apiVersion: 5 })).toBe(1);
  expect(lines).toEqual([
    `sled-agent simulator: ${holder.address} is in use\n`,
    'sled-agent simulator: --listen nowhere: expected host:port\n',
  ]);
});

test('the oldest fault that matches and has some left is taken', () => {
  const plan = new FaultPlan();
  plan.add({ match: { method: 'PUT', path: '/a/*' }, action: { kind: 'status', status: 503 }, times: 1 });
  plan.add({ match: { path: '/a/*/c' }, action: { kind: 'delay', ms: 1 } });
  expect(plan.take('GET', '/a.b')).toBeNull();
  expect(plan.take('PUT', '/a/b/c')).toEqual({ kind: 'status', status: 503 });
  expect(plan.take('PUT', '/a/b/c')).toEqual({ kind: 'delay', ms: 1 });
  expect(plan.take('PUT', '/a/b')).toBeNull();
  expect(plan.list().map(({ injected }) => injected)).toEqual([1, 1]);
  expect(plan.clear()).toBe(2);
  expect(plan.take('PUT', '/a/b/c')).toBeNull();
});

test('a paused simulator goes on when it is resumed', async () => {
  const on = { faults: new FaultPlan(), requests: new RequestLog() };
  await on.faults.running();
  handleAdmin(on, 'POST', '/sim/pause', undefined);
  let served = false;
  const request = on.faults.running().then(() => {
    served = true;
  });
  await Promise.resolve();
  expect([served, on.faults.paused]).toEqual([false, true]);
  handleAdmin(on, 'POST', '/sim/resume', undefined);
  await request;
  expect(served).toBe(true);
});

test('faults over the admin routes', () => {
  const on = { faults: new FaultPlan(), requests: new RequestLog() };
  const fault = { match: { path: '/x' }, action: { kind: 'drop', when: 'after' } };
  expect(handleAdmin(on, 'POST', '/sim/faults', fault)).toEqual({
    status: 201,
    body: { ...fault, id: 1, times: null, injected: 0 },
  });
  on.faults.take('GET', '/x');
  expect(handleAdmin(on, 'GET', '/sim/faults', undefined)?.body).toMatchObject({ faults: [{ id: 1, injected: 1 }] });
  expect(handleAdmin(on, 'DELETE', '/sim/faults', undefined)?.body).toEqual({ removed: 1 });
  expect(handleAdmin(on, 'POST', '/sim/faults', undefined)?.status).toBe(400);
  expect(handleAdmin(on, 'GET', '/elsewhere', undefined)).toBeNull();
});

test('the log of single requests is bounded, the totals are not', () => {
  const log = new RequestLog(3);
  for (let i = 1; i <= 10; i++) log.note({ method: 'GET', template: '/x', bytesIn: 1, bytesOut: 2, status: 200 });
  expect(log.recent().map(({ seq }) => seq)).toEqual([8, 9, 10]);
  expect(log.counters()).toMatchObject({ requests: 10, bytes_in: 10, bytes_out: 20 });
});
