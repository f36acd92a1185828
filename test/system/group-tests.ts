/** Groups on a running stack: independent of each other, whatever they are called, and cheap to fill. */
import { members, newProject, objectOnBoth, outcomes, portOf, portsOnBoth, writes } from './fleet';
import type { SystemStack } from './stack';

const MANY = 100;
/** The local stack's last sled has an agent of before multicast. */
const SLEDS = 4;

export function groupTests(stack: () => SystemStack): void {
  test('two projects with groups of the same name are independent', async () => {
    const [one, two] = [await newProject(stack(), 2001), await newProject(stack())];
    const groups = [await one.group('news', { vpc: one.vpc }), await two.group('news')] as const;
    const vms = [one.vm(), two.vm()] as const;
    for (const [at, project] of [one, two].entries())
      expect(await outcomes(project, [await vms[at]!.create(['news']), await vms[at]!.start(at)])).toEqual([
        'succeeded',
        'succeeded',
      ]);
    expect(await portsOnBoth(stack(), groups[0].ip)).toEqual([[portOf(0)], [portOf(0)]]);
    expect(await portsOnBoth(stack(), groups[1].ip)).toEqual([[portOf(1)], [portOf(1)]]);
    const [mine, theirs] = [await objectOnBoth(stack(), groups[0].ip), await objectOnBoth(stack(), groups[1].ip)];
    for (const object of mine) expect(object).toMatchObject({ tag: mine[0]!.tag, nat: { vni: 2001 } });
    for (const object of theirs) expect(object).toMatchObject({ tag: theirs[0]!.tag, nat: { vni: 77 } });
    expect(mine[0]!.tag).not.toBe(theirs[0]!.tag);
    expect(await outcomes(one, [await vms[0].delete()])).toEqual(['succeeded']);
    expect(await portsOnBoth(stack(), groups[0].ip)).toEqual([[], []]);
    expect(await portsOnBoth(stack(), groups[1].ip)).toEqual([[portOf(1)], [portOf(1)]]);
  });

  test('renaming a group touches no switch', async () => {
    const project = await newProject(stack());
    const group = await project.group('before');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['before']), await vm.start(2)])).toContain('succeeded');
    const [counted, held] = [await writes(stack()), await objectOnBoth(stack(), group.ip)];
    const renamed = await stack().external('PUT', `/v1/multicast-groups/${group.id}`, { body: { name: 'after' } });
    expect([renamed.status, renamed.body?.name]).toEqual([200, 'after']);
    expect(await writes(stack())).toEqual(counted);
    expect(await objectOnBoth(stack(), group.ip)).toEqual(held);
  });

  test(`${MANY} instances joining one group at once cost few writes`, async () => {
    const project = await newProject(stack());
    const group = await project.group('crowd');
    const vms = Array.from({ length: MANY }, () => project.vm());
    const created = await Promise.all(vms.map((vm) => vm.create(['crowd'])));
    expect(new Set(await outcomes(project, created))).toEqual(new Set(['succeeded']));
    const before = await writes(stack());
    const started = await Promise.all(vms.map((vm, at) => vm.start(at % SLEDS)));
    expect(new Set(await outcomes(project, started))).toEqual(new Set(['succeeded']));
    const cost = (await writes(stack())).map((count, at) => count - before[at]!);
    const ports = Array.from({ length: SLEDS }, (_, at) => portOf(at));
    expect(await portsOnBoth(stack(), group.ip)).toEqual([ports, ports]);
    expect(Object.values(await members(stack(), group))).toEqual(Array.from({ length: MANY }, () => 'Joined'));
    process.stdout.write(`${MANY} joins at once: ${cost.join(' and ')} writes to the switches\n`);
    expect(Math.max(...cost)).toBeLessThanOrEqual(MANY / 4);
  });
}
