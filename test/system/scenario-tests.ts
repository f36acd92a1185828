/** The first start: it gets ready, plays its scenario, and rack and API show what the scenario's events say. */
import { instanceId, scenario, type Step } from '../../cli/stack/scenario-file';
import { localRack } from '../../cli/stack/rack';
import { members, objectOnBoth, portOf, portsOnBoth, type Group } from './fleet';
import type { SystemStack } from './stack';

interface Life {
  sled: string | null;
  groups: string[];
}

/** What each instance is after the last event that says so; deleted ones are gone. */
function lives(events: Step[]): Map<string, Life> {
  const all = new Map<string, Life>();
  for (const step of events) {
    const name = Object.values(step)[0] as string;
    const life = all.get(name) ?? { sled: null, groups: [] };
    all.set(name, life);
    if ('groups' in step) life.groups = step.groups;
    if ('start' in step) life.sled = step.sled;
    if ('migrate' in step) life.sled = step.to;
    if ('stop' in step || 'fail' in step) life.sled = null;
    if ('delete' in step) all.delete(name);
  }
  return all;
}

export function scenarioTests(stack: () => SystemStack): void {
  const { project, events, groups: specs, vpc } = scenario();

  async function groups(): Promise<(Group & { state: string; vni: number })[]> {
    const { body } = await stack().external('GET', `/v1/multicast-groups?project=${project}`);
    return body.items.map((item: Record<string, unknown>) => ({ ...item, ip: item['multicast_ip'] }));
  }

  test('it says what it did and where everything is', () => {
    const { output, errors } = stack().launched;
    expect(errors).toBe('');
    expect(output).toContain(`${events.length} lifecycle events`);
    for (const address of [stack().file.external_api, stack().file.internal_api, stack().file.temporal_ui])
      expect(output).toContain(address);
  });

  test('every event of the scenario succeeded', async () => {
    const names = new Set(events.map((step) => Object.values(step)[0] as string));
    const seen: { kind: string; outcome: string }[] = [];
    for (const name of names)
      seen.push(...(await stack().internal('GET', `/instances/${instanceId(name)}/events?limit=100`)).body.items);
    expect(seen.map(({ kind, outcome }) => `${kind} ${outcome}`).toSorted()).toEqual(
      events.map((step) => `${Object.keys(step)[0]} succeeded`).toSorted(),
    );
  });

  test('every group is Active, and every member as the last event of its instance implies', async () => {
    const wanted = lives(events);
    const found = await groups();
    expect(found.map(({ name, state }) => [name, state])).toEqual(specs.map(({ name }) => [name, 'Active']).toSorted());
    for (const group of found) {
      const expected = [...wanted].filter(([, life]) => life.groups.includes(group.name));
      expect(await members(stack(), group)).toEqual(
        Object.fromEntries(expected.map(([name, life]) => [instanceId(name), life.sled === null ? 'Left' : 'Joined'])),
      );
    }
  });

  test('both switches hold exactly the ports of sleds with joined members', async () => {
    const { sleds } = localRack({
      stackPorts: { temporal: 0, temporalUi: 0, switches: 0, sleds: 0, postgres: 0 },
      switches: [],
    });
    for (const { name, ip } of await groups()) {
      const running = [...lives(events).values()].filter((life) => life.groups.includes(name) && life.sled !== null);
      const cubbies = new Set(running.map(({ sled }) => sleds.find((each) => each.name === sled)!.cubby));
      const ports = [...cubbies].map(portOf).toSorted();
      expect(await portsOnBoth(stack(), ip)).toEqual([ports, ports]);
    }
  });

  test("the NAT target's network id is the VPC's, else 77", async () => {
    for (const { name, ip, vni } of await groups()) {
      const expected = specs.find((each) => each.name === name)?.vpc === undefined ? 77 : vpc.vni;
      expect(vni).toBe(expected);
      for (const object of await objectOnBoth(stack(), ip)) expect(object).toMatchObject({ nat: { vni: expected } });
    }
  });
}
