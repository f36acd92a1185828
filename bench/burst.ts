/**
 * Many instances join one group at once, through the lifecycle (they start) and through the external API (they are running and are
 * added): how many writes and bytes that costs each switch.
 *
 *   node dist/bench/burst.js [--joins 1000] [--switches 2] [--sleds 32] [--concurrency 200]
 */
import { sql } from 'drizzle-orm';
import { Pool } from 'undici';
import { ApiTokens } from './api-tokens';
import { command, inParallel, readFlags, round, say, until } from './command';
import { emit, plan } from './emission';
import { addPool, fill, type BenchInstance } from './fill';
import { withRack, type Rack } from './rack';
import { measured, type Cost } from './window';

const DEFAULTS = { joins: 1_000, switches: 2, sleds: 32, concurrency: 200 };

command('burst', async () => {
  const flags = readFlags(DEFAULTS);
  const { switches, sleds, joins, concurrency } = flags;
  return withRack({ switches, sleds }, async (rack) => {
    const pool = await addPool(rack);
    const warm = await fill(rack, pool, { groups: 1, instances: 100, prefix: 'warm' });
    const options = { endpoint: 'single', concurrency, batch: 500 } as const;
    await emit(rack, plan(warm.instances, 100, { running: () => false }), options);

    say(`${joins} instances of one group start`);
    const starting = await fill(rack, pool, { groups: 1, instances: joins, prefix: 'starting' });
    let began = 0;
    let took = 0;
    const started = await measured(rack, async () => {
      began = Date.now();
      await emit(rack, plan(starting.instances, joins, { running: () => false }), options);
      took = Date.now() - began;
    });

    say(`${joins} running instances are added to one group`);
    const home = await fill(rack, pool, { groups: joins, instances: joins, running: true, prefix: 'home' });
    const target = await fill(rack, pool, { groups: 1, instances: 0, prefix: 'target' });
    let addedMs = 0;
    const added = await measured(rack, async () => {
      addedMs = await addAll(rack, target.groups[0]?.id ?? '', home.instances, concurrency);
    });
    return { ...flags, started: costOf(started, took, joins), added: costOf(added, addedMs, joins) };
  });
});

/** Through the external API, with more tokens than one, as many tenants would. */
async function addAll(rack: Rack, groupId: string, instances: BenchInstance[], concurrency: number): Promise<number> {
  const tokens = await ApiTokens.make(rack, 4);
  const http = new Pool(rack.external, { connections: concurrency, pipelining: 1 });
  const began = Date.now();
  await inParallel(instances, concurrency, async ({ id }) => {
    const answer = await http.request({
      method: 'POST',
      path: `/v1/multicast-groups/${groupId}/members`,
      headers: tokens.headers(),
      body: JSON.stringify({ instance: id }),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 201) throw new Error(`a join was answered with ${answer.statusCode}: ${text}`);
  });
  await http.close();
  await until('every member to be Joined', async () => {
    const waiting = await rack.db.execute(
      sql`select 1 from multicast_group_member where external_group_id = ${groupId} and state <> 'joined' limit 1`,
    );
    return waiting.length === 0;
  });
  return Date.now() - began;
}

function costOf(cost: Cost, ms: number, joins: number) {
  return {
    joins_per_s: round(joins / (ms / 1_000)),
    writes_per_switch: cost.switches.map((asked) => asked.writes),
    bytes_per_switch: cost.switches.map((asked) => asked.bytes),
    cpu_ms_per_join: round(cost.cpu_ms_total / joins),
    transactions_per_join: round(cost.transactions / joins),
    rounds_workflows: cost.history_by_type['groupConverge']?.workflows ?? 0,
    history_events: cost.history.events,
  };
}
