/**
 * One start on an idle system, again and again, each into a group whose workflow does not run: how long until it is Joined, beside how
 * long an empty workflow takes from its start to its result.
 *
 *   node dist/bench/lone.js [--events 40]
 */
import { sql } from 'drizzle-orm';
import { command, pause, percentile, readFlags, round, until } from './command';
import { withEmptyWorker } from './empty';
import { emit, plan } from './emission';
import { addPool, fill, type BenchInstance } from './fill';
import { withRack, type Rack } from './rack';
import { timelineOf } from './timeline';
import { groupWorkflowId } from '../domain/workflow-ids';
import { randomUUID } from 'node:crypto';
import { request } from 'undici';

const DEFAULTS = { events: 40, switches: 2 };
const WARM = 20;
const LOOK_EVERY_MS = 2;

command('lone', async () => {
  const flags = readFlags(DEFAULTS);
  return withRack({ switches: flags.switches }, async (rack) => {
    const empty = await withEmptyWorker(rack, async (measure) => {
      await measure(WARM, 1);
      return measure(flags.events, 1);
    });
    const pool = await addPool(rack);
    const count = flags.events + WARM;
    const { instances } = await fill(rack, pool, { groups: count, instances: count, prefix: 'lone' });
    const warm = instances.slice(0, WARM);
    await emit(rack, plan(warm, WARM, { running: () => false }), { endpoint: 'single', concurrency: 1, batch: 1 });
    const took: number[] = [];
    let posted: Posted | undefined;
    for (const instance of instances.slice(WARM)) {
      await pause(100);
      posted = await untilJoined(rack, instance);
      took.push(posted.ms);
    }
    const p50 = percentile(took, 0.5);
    return {
      ...flags,
      joined_p50_ms: p50,
      joined_p99_ms: percentile(took, 0.99),
      empty_p50_ms: empty.p50_ms,
      empty_p99_ms: empty.p99_ms,
      ratio: round(p50 / empty.p50_ms),
      last_timeline:
        posted === undefined
          ? []
          : await timelineOf(rack.client, { start: posted.workflowId, group: posted.groupWorkflowId }, posted.at),
    };
  });
});

interface Posted {
  at: number;
  ms: number;
  workflowId: string;
  groupWorkflowId: string;
}

async function untilJoined(rack: Rack, { id, sled, propolisId, groupIds }: BenchInstance): Promise<Posted> {
  const at = Date.now();
  const from = performance.now();
  const { statusCode, body } = await request(`${rack.internal.url}/instances/${id}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${rack.internal.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      event_id: randomUUID(),
      generation: 2,
      kind: 'start',
      sled_id: sled.id,
      propolis_id: propolisId,
    }),
  });
  const { workflow_id: workflowId } = (await body.json()) as { workflow_id: string };
  if (statusCode !== 202) throw new Error(`a start was answered with ${statusCode}`);
  const joined = async (): Promise<boolean> =>
    (
      await rack.db.execute(
        sql`select 1 from multicast_group_member where parent_id = ${id} and time_deleted is null and state = 'joined'`,
      )
    ).length > 0;
  await until('the member to be Joined', joined, { everyMs: LOOK_EVERY_MS });
  return { at, ms: performance.now() - from, workflowId, groupWorkflowId: groupWorkflowId(groupIds[0] ?? '') };
}
