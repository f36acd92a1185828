/** Each lifecycle event, end to end: rows, both switches, the sleds. */
import { randomUUID } from 'node:crypto';
import { startRack, until, type TestRack } from '../support/rack';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
});
afterAll(() => rack.close());

const place = (sled: number, propolisId: string) => ({ sled_id: rack.sleds[sled]!.id, propolis_id: propolisId });
const both = (ip: string) => [rack.ports(0, ip), rack.ports(1, ip)];
const joinedOn = (sled: number) =>
  rack.sleds[sled]!.state.vmms.view().flatMap((vmm) =>
    vmm.nics.flatMap((nic) => nic.joined.map((group) => `${vmm.propolis_id} ${group.group_ip}`)),
  );

describe('one instance in two groups', () => {
  const instance = randomUUID();
  const [first, second, target] = [randomUUID(), randomUUID(), randomUUID()];
  const ips = ['224.1.1.1', '224.1.1.2'] as const;
  let groups: string[] = [];

  const expectBoth = async (state: string, ports: string[]) => {
    for (const [at, ip] of ips.entries()) {
      expect(await rack.members(groups[at]!)).toMatchObject([{ instance_id: instance, state }]);
      expect(both(ip)).toEqual([ports, ports]);
    }
  };

  test('create: memberships exist, and become Left because it does not run', async () => {
    groups = [await rack.group('video', ips[0]), await rack.group('audio', ips[1])];
    const created = await rack.post(instance, {
      kind: 'create',
      generation: 1,
      project_id: rack.projectId,
      name: 'db1',
      multicast_groups: ['video', groups[1]!],
    });
    expect((await rack.outcome(created)).state).toBe('succeeded');
    await until('left', async () => (await rack.members(groups[0]!))[0]?.state === 'left');
  });

  test('start: Joined once both switches and the sled have acknowledged', async () => {
    const started = await rack.post(instance, { kind: 'start', generation: 2, ...place(0, first) });
    expect(await rack.outcome(started)).toMatchObject({ state: 'succeeded', reason: null });
    await expectBoth('joined', ['rear1']);
    expect(joinedOn(0).toSorted()).toEqual(ips.map((ip) => `${first} ${ip}`));
  });

  test('reboot: recorded, and nothing is written', async () => {
    const before = rack.switches.map((facing) => facing.state.requests.summary().writes);
    const reboot = await rack.post(instance, { kind: 'reboot', generation: 3 });
    expect((await rack.outcome(reboot)).state).toBe('succeeded');
    expect(rack.switches.map((facing) => facing.state.requests.summary().writes)).toEqual(before);
  });

  test('stop: ports and flows gone, the rows stay as Left', async () => {
    const stopped = await rack.post(instance, { kind: 'stop', generation: 4 });
    expect((await rack.outcome(stopped)).state).toBe('succeeded');
    await expectBoth('left', []);
    expect(joinedOn(0)).toEqual([]);
  });

  test('start again: rejoins by itself', async () => {
    const started = await rack.post(instance, { kind: 'start', generation: 5, ...place(1, second) });
    expect((await rack.outcome(started)).state).toBe('succeeded');
    await expectBoth('joined', ['rear2']);
  });

  test('migrate: never without a port, and the source is left at the end', async () => {
    const seen: string[][] = [];
    let watching = true;
    const watch = (async () => {
      while (watching) {
        for (const ip of ips) seen.push(...both(ip).map((ports) => ports ?? ['gone']));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const migrated = await rack.post(instance, {
      kind: 'migrate',
      generation: 6,
      source: place(1, second),
      target: place(2, target),
    });
    const outcome = await rack.outcome(migrated);
    watching = false;
    await watch;
    expect(outcome.state).toBe('succeeded');
    await expectBoth('joined', ['rear3']);
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter((ports) => !ports.includes('rear2') && !ports.includes('rear3'))).toEqual([]);
    expect([joinedOn(1), joinedOn(2).toSorted()]).toEqual([[], ips.map((ip) => `${target} ${ip}`)]);
  });

  test('fail: the ports go, the sled is not asked', async () => {
    const before = rack.sleds[2]!.state.requests.counters();
    const failed = await rack.post(instance, { kind: 'fail', generation: 7 });
    expect((await rack.outcome(failed)).state).toBe('succeeded');
    await expectBoth('left', []);
    expect(rack.sleds[2]!.state.requests.counters()).toEqual(before);
  });

  test('delete: memberships gone, groups stay Active', async () => {
    const deleted = await rack.post(instance, { kind: 'delete', generation: 8 });
    expect((await rack.outcome(deleted)).state).toBe('succeeded');
    for (const group of groups) expect(await rack.members(group)).toEqual([]);
    expect(both(ips[0])).toEqual([[], []]);
  });
});
