/** The update of a group: all-new or all-old on the database, both switches and the sled. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { acceptUpdate } from '../../db/group-updates';
import { startRack, until, type TestRack } from '../support/rack';

let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ visibleSteps: true });
  await rack.bringUp();
});
afterAll(() => rack.close());

const ip = '232.1.1.1';
const instance = randomUUID();
const vmm = randomUUID();
let group = '';

async function update(change: { name?: string; description?: string; sources?: string[] }) {
  const { updateId } = await rack.db.transaction((tx) =>
    acceptUpdate(tx, {
      groupId: group,
      name: change.name ?? null,
      description: change.description ?? null,
      sources: change.sources ?? null,
    }),
  );
  return rack.temporal.updateGroup({ updateId, group: { id: group, ip, name: 'ssm' } });
}

const sourcesOn = (at: number) =>
  rack.object(at, ip)?.sources?.map((source) => (typeof source === 'string' ? source : source.Exact));
const row = async () => {
  const rows = await rack.db.execute<{ name: string; sources: string[] }>(
    sql`select name, array(select host(s) from unnest(source_ips) s) as sources from multicast_group where id = ${group}`,
  );
  return rows[0]!;
};
const flows = () =>
  rack.sleds[0]!.state.vmms.view().flatMap((each) =>
    each.nics.flatMap((nic) => nic.joined.map((joined) => joined.sources)),
  );

beforeAll(async () => {
  group = await rack.group('ssm', ip, { sources: ['10.0.0.1'] });
  await rack.post(instance, {
    kind: 'create',
    generation: 1,
    project_id: rack.projectId,
    name: 'receiver',
    multicast_groups: [group],
  });
  const started = await rack.post(instance, {
    kind: 'start',
    generation: 2,
    sled_id: rack.sleds[0]!.id,
    propolis_id: vmm,
  });
  await rack.outcome(started);
});

test('new sources and a new name arrive together, on both switches and on the sled', async () => {
  expect(await update({ sources: ['10.0.0.2', '10.0.0.3'], name: 'renamed' })).toEqual({
    outcome: 'served',
    reason: null,
  });
  expect(await row()).toEqual({ name: 'renamed', sources: ['10.0.0.2', '10.0.0.3'] });
  expect([sourcesOn(0), sourcesOn(1)]).toEqual([
    ['10.0.0.2', '10.0.0.3'],
    ['10.0.0.2', '10.0.0.3'],
  ]);
  expect(flows()).toEqual([['10.0.0.2', '10.0.0.3']]);
  expect(await rack.members(group)).toMatchObject([{ state: 'joined' }]);
});

test('refused by one switch: the old values stand everywhere, and the reason is said', async () => {
  const fault = rack.switches[1]!.state.faults.add({
    match: { method: 'PUT', path: '/multicast/external-groups' },
    action: { kind: 'status', status: 400, message: 'no room for that source' },
  });
  expect(fault).toBeDefined();
  const answer = await update({ sources: ['10.0.0.9'], name: 'other' });
  rack.switches[1]!.state.faults.clear();
  expect(answer.outcome).toBe('refused');
  expect(answer.reason).toContain('no room for that source');
  expect(answer.reason).toContain('switch1');
  expect(await row()).toEqual({ name: 'renamed', sources: ['10.0.0.2', '10.0.0.3'] });
  await until('all-old', () => [0, 1].every((at) => sourcesOn(at)?.join() === '10.0.0.2,10.0.0.3'));
  expect(flows()).toEqual([['10.0.0.2', '10.0.0.3']]);
});

test('a start that shares the round of a refused update is served by the next round', async () => {
  rack.switches[0]!.state.faults.add({
    match: { method: 'PUT', path: '/multicast/external-groups' },
    action: { kind: 'status', status: 400, message: 'refused' },
  });
  const other = randomUUID();
  await rack.post(other, {
    kind: 'create',
    generation: 1,
    project_id: rack.projectId,
    name: 'second',
    multicast_groups: [group],
  });
  const [answer, started] = await Promise.all([
    update({ sources: ['10.0.0.9'] }),
    rack.post(other, { kind: 'start', generation: 2, sled_id: rack.sleds[1]!.id, propolis_id: randomUUID() }),
  ]);
  expect(answer.outcome).toBe('refused');
  rack.switches[0]!.state.faults.clear();
  expect((await rack.outcome(started)).state).toBe('succeeded');
  expect(rack.ports(0, ip)).toEqual(['rear1', 'rear2']);
});

test('concurrent updates are ordered, and none is lost', async () => {
  const answers = await Promise.all(
    [1, 2, 3, 4, 5].map((at) => update({ sources: [`10.0.1.${at}`], description: `number ${at}` })),
  );
  expect(answers.map((answer) => answer.outcome)).toEqual(Array(5).fill('served'));
  const last = await rack.db.execute<{ sources: string[] }>(sql`
    select array(select host(s) from unnest(source_ips) s) as sources from multicast_group_update
    where group_id = ${group} order by sequence desc limit 1`);
  expect((await row()).sources).toEqual(last[0]!.sources);
  expect([sourcesOn(0), sourcesOn(1)]).toEqual([last[0]!.sources, last[0]!.sources]);
});
