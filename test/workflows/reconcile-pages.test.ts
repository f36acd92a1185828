/** A switch compared page by page, whatever the pages: across their boundaries and both families, and while something else goes on. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'drizzle-orm';
import { compareSwitch, type Comparison } from '../../activities/compare-switch';
import { createDpdClient, type DpdClient } from '../../dataplane/dpd/client';
import { CodedError } from '../../domain/errors';
import { tagOf } from '../../domain/switch-edits';
import { underlayAddress } from '../../domain/underlay';
import { expectInvariants, settle } from '../support/invariants';
import { byHand, externalGroup, underlayGroup } from '../support/out-of-order';
import { startRack, type TestRack } from '../support/rack';
import { freshIp, runningVm } from '../support/vm';

/** In the order of the switch: IPv4, then the underlay groups, then the others of IPv6. */
const IPS = ['225.9.0.1', '225.9.0.255', '225.10.0.0', 'ff0e::1', 'ff1e::1:0:0', 'ff3e:ffff::1'];

let rack: TestRack;
let client: DpdClient;
let groups: string[];
beforeAll(async () => {
  rack = await startRack();
  await rack.bringUp();
  client = createDpdClient({ address: rack.switches[0]!.address, timeoutMs: 5_000, connections: 4 });
  await client.status();
  groups = await Promise.all(
    IPS.map((ip, at) => rack.group(`page-${at}`, ip, ip.startsWith('ff3e') ? { sources: ['fd00::1'] } : {})),
  );
  await runningVm(rack, groups, 0);
  await settle(rack);
});
afterAll(async () => {
  await client.close();
  await rack.close();
});
afterEach(() => expectInvariants(rack));

interface Compared extends Comparison {
  woken: string[];
}

/** Nobody is woken, so that what is found is still there to be looked at. */
async function compare(pageSize: number, through: DpdClient = client): Promise<Compared> {
  const woken: string[] = [];
  const compared = (await new MockActivityEnvironment().run(() =>
    compareSwitch({
      db: rack.db,
      client: through,
      switchId: rack.switches[0]!.id,
      by: 'a test',
      pageSize,
      wake: async (requests) => {
        woken.push(...requests.map((request) => request.ip));
        return [];
      },
    }),
  )) as Comparison;
  return { ...compared, woken };
}

async function openDrift(): Promise<{ ip: string; kind: string; port: string; detail: string }[]> {
  const rows = await rack.db.execute<{ ip: string; kind: string; port: string; detail: string }>(sql`
    select group_ip as ip, kind::text as kind, port, detail from drift where time_repaired is null order by sequence`);
  return [...rows];
}

/** A reading that goes on, between two pages, only after `between`. */
function interrupted(pageSize: number, between: (nth: number) => Promise<void>): DpdClient {
  return {
    ...client,
    async *listGroups() {
      let nth = 0;
      for await (const page of client.listGroups(pageSize)) {
        yield page;
        await between((nth += 1));
      }
    },
  };
}

test.each([1, 2, 3, 5, 11, 12, 13, 500])(
  'pages of %i: all is verified, in as few requests as there are pages',
  async (size) => {
    const { requests } = rack.switches[0]!.state;
    const before = requests.summary();
    expect(await compare(size)).toMatchObject({
      verified: 2 * IPS.length,
      different: 0,
      unsure: 0,
      errors: [],
      woken: [],
    });
    const after = requests.summary();
    expect(after.requests - before.requests).toBe(Math.ceil((2 * IPS.length) / size) + 1);
    expect(after.writes).toBe(before.writes);
  },
);

test.each(IPS.flatMap((ip, at) => [1, 2, 3].map((size) => [ip, size, at] as const)))(
  'the group at %s is gone: it is missed, and no other, with pages of %i',
  async (ip, size, at) => {
    const tag = tagOf(groups[at]!);
    await byHand(rack, 0, [
      { op: 'deleteExternal', ip, tag },
      { op: 'deleteUnderlay', ip: underlayAddress(ip, 0), tag },
    ]);
    expect(await compare(size)).toMatchObject({ verified: 2 * IPS.length - 2, different: 1, woken: [ip] });
    expect(await openDrift()).toEqual([
      { ip, kind: 'missing', port: '', detail: 'external group is not there, underlay group is not there' },
    ]);
    await settle(rack);
    expect(await openDrift()).toEqual([]);
  },
);

test('what differs of both objects of a group is all said, though they are on different pages', async () => {
  const [ip, tag] = [IPS[1]!, tagOf(groups[1]!)];
  const nat = { underlayIp: underlayAddress(ip, 0), mac: '33:33:00:00:00:09', vni: 78 };
  await byHand(rack, 0, [
    { op: 'replaceExternal', external: { kind: 'external', ip, tag, nat, vlan: 9, sources: [] } },
    {
      op: 'replaceMembers',
      ip: underlayAddress(ip, 0),
      tag,
      members: [{ port: 'rear7', direction: 'Underlay' }],
    },
  ]);
  expect((await compare(1)).different).toBe(1);
  expect((await openDrift()).toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
    {
      ip,
      kind: 'divergent',
      port: '',
      detail: expect.stringMatching(/^VLAN is 9, not none, VNI is 78, not 77, inner MAC/),
    },
    { ip, kind: 'missing', port: 'rear1', detail: 'rear1 Underlay is not there' },
    { ip, kind: 'stray', port: 'rear7', detail: 'rear7 Underlay is there' },
  ]);
  await settle(rack);
  const repaired = await rack.db.execute<{ repaired_by: string }>(
    sql`select repaired_by from drift where group_id = ${groups[1]!} and kind = 'stray'`,
  );
  expect(repaired[0]?.repaired_by).toBe(`group/${groups[1]!}`);
});

test('a switch answers one page and then fails: what it has shown holds, and nothing is concluded about the rest', async () => {
  const [first, last] = [IPS[0]!, IPS.at(-1)!];
  for (const [ip, id] of [
    [first, groups[0]!],
    [last, groups.at(-1)!],
  ] as const)
    await byHand(rack, 0, [{ op: 'deleteExternal', ip, tag: tagOf(id) }]);
  const fails = interrupted(2, () => Promise.reject(new CodedError('Unreachable', 'gone')));
  await expect(compare(2, fails)).rejects.toThrow('gone');
  expect((await openDrift()).map((drift) => drift.ip)).toEqual([first]);
  const suspect = await rack.db.execute<{ id: string }>(sql`select group_id as id from switch_ack where suspect`);
  expect([...suspect]).toEqual([{ id: groups[0]! }]);
  // The other one is found by the next.
  expect(await compare(2)).toMatchObject({ different: 1, unsure: 1, woken: [last] });
  await settle(rack);
});

test('groups that come and go while the switch is read are neither missed nor removed', async () => {
  const [coming, going] = [freshIp(), freshIp()] as const;
  const old = await rack.group(`going-${going}`, going);
  await settle(rack);
  let made = '';
  const during = interrupted(1, async (nth) => {
    if (nth !== 2) return;
    made = await rack.group(`coming-${coming}`, coming);
    await rack.deleteGroup(old);
    await settle(rack);
  });
  expect(await compare(1, during)).toMatchObject({ different: 0, errors: [] });
  expect(rack.ports(0, coming)).toEqual([]);
  await rack.deleteGroup(made);
});

test('a group that gets the address of an orphan while the switch is read keeps what its round has made', async () => {
  const ip = freshIp();
  const gone = tagOf(randomUUID());
  await byHand(rack, 0, [underlayGroup(ip, gone, []), externalGroup(ip, gone)]);
  let made = '';
  // After the last page: the orphan was seen at an address of nobody.
  const during = interrupted(500, async () => {
    made = await rack.group(`reused-${ip}`, ip);
    await settle(rack);
  });
  expect(await compare(500, during)).toMatchObject({ orphansRemoved: 0, errors: [] });
  expect(rack.ports(0, ip)).toEqual([]);
  await rack.deleteGroup(made);
});

test('two passes at once: one difference is found once, and one orphan is nobody’s error', async () => {
  const orphan = freshIp();
  const tag = tagOf(randomUUID());
  await byHand(rack, 0, [
    { op: 'deleteExternal', ip: IPS[2]!, tag: tagOf(groups[2]!) },
    underlayGroup(orphan, tag, []),
    externalGroup(orphan, tag),
  ]);
  const both = await Promise.all([compare(1), compare(1)]);
  expect(both.map((one) => one.different).toSorted()).toEqual([0, 1]);
  expect(both.flatMap((one) => one.errors)).toEqual([]);
  expect(await openDrift()).toHaveLength(1);
  await settle(rack);
});

test('an orphan of IPv6: its underlay group comes first on the switch, and is removed last, with pages of one', async () => {
  const [ip, tag] = ['ff1e::9:9', tagOf(randomUUID())];
  await byHand(rack, 0, [underlayGroup(ip, tag, ['rear3']), externalGroup(ip, tag)]);
  expect(await compare(1)).toMatchObject({ orphansRemoved: 2, errors: [] });
});

test('an object with the tag of a living group, at an address that is not its own, is an orphan', async () => {
  const [ip, tag] = [freshIp(), tagOf(groups[0]!)];
  await byHand(rack, 0, [underlayGroup(ip, tag, ['rear3']), externalGroup(ip, tag)]);
  expect(await compare(3)).toMatchObject({ orphansRemoved: 2, different: 0 });
  expect(rack.ports(0, ip)).toBeNull();
});

describe('an orphan that the switch does not let go', () => {
  const [kept, other] = [freshIp(), freshIp()] as const;
  const tag = tagOf(randomUUID());
  const referrer = freshIp();
  const theirs = externalGroup(referrer, 'omicron:other');
  if (theirs.op !== 'createExternal') throw new Error('another edit');
  theirs.external.nat.underlayIp = underlayAddress(kept, 0);

  test('is named and shown as drift; the others are removed, and what differs is repaired', async () => {
    await byHand(rack, 0, [
      underlayGroup(kept, tag, []),
      theirs,
      underlayGroup(other, tagOf(randomUUID()), []),
      { op: 'deleteExternal', ip: IPS[0]!, tag: tagOf(groups[0]!) },
    ]);
    const { errors, ...counts } = await compare(2);
    expect(counts).toMatchObject({ orphansRemoved: 1, different: 1 });
    expect(errors).toEqual([expect.stringMatching(`${underlayAddress(kept, 0)} .*${tag}.*still referenced`)]);
    expect((await openDrift()).filter((drift) => drift.kind === 'orphan')).toEqual([
      expect.objectContaining({ ip: underlayAddress(kept, 0), detail: expect.stringMatching(/not removed/) }),
    ]);
    await byHand(rack, 0, [{ op: 'deleteExternal', ip: referrer, tag: 'omicron:other' }]);
    expect(await compare(2)).toMatchObject({ orphansRemoved: 1, errors: [] });
    expect((await openDrift()).filter((drift) => drift.kind === 'orphan')).toEqual([]);
    await settle(rack);
  });
});
