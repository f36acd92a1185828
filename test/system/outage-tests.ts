/** Single parts away or killed at the worst moment: what was accepted still happens. */
import { randomUUID } from 'node:crypto';
import type { LifecycleEvent } from '../../domain/events';
import type { FaultRequest } from '../../simulators/faults';
import { until } from '../support/rack';
import { members, newProject, outcomes, portOf, portsBecome, portsOnBoth } from './fleet';
import type { SystemStack } from './stack';

export function outageTests(stack: () => SystemStack): void {
  test('events posted while Temporal is away take effect once it is back', async () => {
    const project = await newProject(stack());
    const group = await project.group('patience');
    const vms = [project.vm(), project.vm(), project.vm()];
    const killed = stack().kill('temporal');
    const refs = await Promise.all(vms.map((vm) => vm.create(['patience'])));
    refs.push(...(await Promise.all(vms.map((vm, at) => vm.start(at)))));
    await stack().back('temporal', killed);
    expect(new Set(await outcomes(project, refs))).toEqual(new Set(['succeeded']));
    expect(await portsOnBoth(stack(), group.ip)).toEqual(
      Array.from({ length: 2 }, () => [portOf(0), portOf(1), portOf(2)]),
    );
  });

  test('events posted while Temporal hangs take effect once it answers again', async () => {
    const project = await newProject(stack());
    const group = await project.group('hanging');
    const vm = project.vm();
    const pid = stack().kill('temporal', 'SIGSTOP');
    const refs = [];
    try {
      refs.push(await vm.create(['hanging']), await vm.start(0));
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await outcomes(project, refs)).toEqual(['succeeded', 'succeeded']);
    expect(await portsOnBoth(stack(), group.ip)).toEqual([[portOf(0)], [portOf(0)]]);
  });

  test('the worker is killed in the middle of a start: the event completes', async () => {
    const project = await newProject(stack());
    const group = await project.group('halfway');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['halfway'])])).toEqual(['succeeded']);
    await portsBecome(stack(), group.ip, []);
    const [slow] = stack().file.switches;
    const fault: FaultRequest = { match: { method: 'PUT', path: '/multicast' }, action: { kind: 'delay', ms: 3_000 } };
    await simulator(slow!.address, 'POST', '/sim/faults', { ...fault, times: 1 });
    const ref = await vm.start(1);
    await until('the write is under way', async () => {
      const { faults } = await simulator(slow!.address, 'GET', '/sim/faults');
      return faults.some((each: { injected: number }) => each.injected > 0);
    });
    const killed = stack().kill('worker');
    await stack().back('worker', killed);
    expect(await outcomes(project, [ref])).toEqual(['succeeded']);
    await simulator(slow!.address, 'DELETE', '/sim/faults');
    expect(await portsOnBoth(stack(), group.ip)).toEqual([[portOf(1)], [portOf(1)]]);
    expect(await members(stack(), group)).toEqual({ [vm.id]: 'Joined' });
  });

  test('the API is killed right after its 202: the event completes', async () => {
    const project = await newProject(stack());
    const group = await project.group('accepted');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['accepted'])])).toEqual(['succeeded']);
    const place = { sled_id: stack().file.sled_agents[2]!.sled_id, propolis_id: randomUUID() };
    const event: LifecycleEvent = { event_id: randomUUID(), generation: 2, kind: 'start', ...place };
    const answer = await stack().internal('POST', `/instances/${vm.id}/events`, { body: event });
    const killed = stack().kill('api');
    expect(answer.status).toBe(202);
    await stack().back('api', killed);
    expect(await outcomes(project, [{ instanceId: vm.id, eventId: event.event_id, generation: 2 }])).toEqual([
      'succeeded',
    ]);
    expect(await portsOnBoth(stack(), group.ip)).toEqual([[portOf(2)], [portOf(2)]]);
  });

  test('a switch that restarts empty is complete again without any event', async () => {
    const project = await newProject(stack());
    const groups = [await project.group('complete'), await project.group('empty')] as const;
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['complete']), await vm.start(3)])).toContain('succeeded');
    await portsBecome(stack(), groups[1].ip, []);
    const killed = stack().kill('switch1');
    await stack().back('switch1', killed);
    await portsBecome(stack(), groups[0].ip, [portOf(3)]);
    await portsBecome(stack(), groups[1].ip, []);
    expect(stack().launched.errors).toMatch(/switch1 ended \(SIGKILL\); starting it again/);
  });
}

async function simulator(address: string, method: string, path: string, body?: unknown): Promise<any> {
  const response = await fetch(address + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
