/** What the inbox promises: an event id is one event, generations order them, and what is refused leaves nothing. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { newProject, outcomes } from './fleet';
import { until } from '../support/rack';
import type { SystemStack } from './stack';

export function inboxTests(stack: () => SystemStack): void {
  test('the same event, many times at once: one event, one workflow', async () => {
    const project = await newProject(stack());
    await project.group('once');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['once'])])).toEqual(['succeeded']);
    const place = { sled_id: stack().file.sled_agents[0]!.sled_id, propolis_id: randomUUID() };
    const body = { event_id: randomUUID(), generation: 2, kind: 'start', ...place };
    const post = () => stack().internal('POST', `/instances/${vm.id}/events`, { body });
    const answers = await Promise.all(Array.from({ length: 8 }, post));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 200, 200, 202]);
    expect(await project.outcome({ instanceId: vm.id, eventId: body.event_id, generation: 2 })).toMatchObject({
      outcome: 'succeeded',
    });
    const again = await post();
    expect([again.status, again.body.outcome]).toEqual([200, 'duplicate']);
    const other = { ...body, propolis_id: randomUUID() };
    expect((await stack().internal('POST', `/instances/${vm.id}/events`, { body: other })).status).toBe(409);
    // What Temporal shows follows a moment later.
    const query = `InstanceId = '${vm.id}' and EventKind = 'start'`;
    await until('the run is listed', async () => (await stack().temporal.workflow.count(query)).count > 0);
    expect((await stack().temporal.workflow.count(query)).count).toBe(1);
  });

  test('an older generation is stale and changes nothing', async () => {
    const project = await newProject(stack());
    await project.group('order');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['order']), await vm.start(1)])).toContain('succeeded');
    const before = await stack().internal('GET', `/instances/${vm.id}`);
    const stale = await stack().internal('POST', `/instances/${vm.id}/events`, {
      body: { event_id: randomUUID(), generation: 2, kind: 'stop' },
    });
    expect([stale.status, stale.body.outcome]).toEqual([200, 'stale']);
    expect((await stack().internal('GET', `/instances/${vm.id}`)).body).toEqual(before.body);
  });

  test('bad input is refused with a reason, and nothing is stored', async () => {
    const project = await newProject(stack());
    const elsewhere = await newProject(stack());
    await project.group('mine');
    const foreign = await elsewhere.group('theirs');
    const vm = project.vm();
    expect(await outcomes(project, [await vm.create(['mine'])])).toEqual(['succeeded']);
    const before = await rowCounts(stack());

    const event = (more: Record<string, unknown>) => ({ event_id: randomUUID(), generation: 9, ...more });
    const create = (groups: string[]) =>
      event({ kind: 'create', project_id: project.id, name: 'new', multicast_groups: groups });
    const start = { kind: 'start', propolis_id: randomUUID() };
    const sled = stack().file.sled_agents[0]!.sled_id;
    const table: [name: string, instance: string, body: unknown, status: number][] = [
      ['unknown kind', vm.id, event({ kind: 'explode' }), 400],
      ['missing field', vm.id, event(start), 400],
      ['no event id', vm.id, { generation: 9, kind: 'stop' }, 400],
      ['no generation', vm.id, { event_id: randomUUID(), kind: 'stop' }, 400],
      ['an id that is none', vm.id, event({ ...start, sled_id: 'sled0' }), 400],
      ['unknown sled', vm.id, event({ ...start, sled_id: randomUUID() }), 400],
      ['unknown instance', randomUUID(), event({ ...start, sled_id: sled }), 404],
      ['group of another project, by name', randomUUID(), create(['theirs']), 400],
      ['group of another project, by id', randomUUID(), create([foreign.id]), 400],
      ['33 groups', randomUUID(), create(Array.from({ length: 33 }, (_, at) => `group-${at}`)), 400],
      ['reconfigured to a bad group', vm.id, event({ kind: 'reconfigure', multicast_groups: ['mine', 'none'] }), 400],
      ['malformed JSON', vm.id, '{"event_id": ', 400],
      ['a body of 2 MiB', vm.id, event({ kind: 'stop', note: 'x'.repeat(2 * 1_048_576) }), 413],
    ];
    for (const [name, instance, body, status] of table) {
      const answer = await stack().internal('POST', `/instances/${instance}/events`, { body });
      expect([name, answer.status, typeof answer.body?.message, typeof answer.body?.request_id]).toEqual([
        name,
        status,
        'string',
        'string',
      ]);
      expect(answer.text).not.toMatch(/\bat .*\.(js|ts):\d+/);
    }
    const wrongType = await stack().internal('POST', `/instances/${vm.id}/events`, {
      body: 'stop',
      headers: { 'content-type': 'text/plain' },
    });
    expect(wrongType.status).toBe(415);
    expect(await rowCounts(stack())).toEqual(before);
  });
}

async function rowCounts({ db }: SystemStack): Promise<unknown> {
  const rows = await db.execute(sql`
    select (select count(*)::int from instance) as instances, (select count(*)::int from instance_event) as events,
      (select count(*)::int from multicast_group_member) as members, (select count(*)::int from group_waiter) as waiters`);
  return rows[0];
}
