/**
 * What an event costs when there is more around it: 10, 1,000, 10,000 other groups; 1, 100, 1,000 members already in the group.
 * The same events each time; only what they do not touch grows.
 *
 *   node dist/bench/growth.js [--events 300] [--groups 10,1000,10000] [--members 1,100,1000]
 */
import { command, readFlags, round, say } from './command';
import { emit, plan } from './emission';
import { addPool, fill, type Pool } from './fill';
import { withRack, type Rack } from './rack';
import { measured } from './window';

const DEFAULTS = { events: 300, groups: '10,1000,10000', members: '1,100,1000', concurrency: 50, repeats: 2 };

command('growth', async () => {
  const flags = readFlags(DEFAULTS);
  const sizes = (list: string): number[] => list.split(',').map(Number);
  return withRack({}, async (rack) => {
    const pool = await addPool(rack);
    const { events, concurrency, repeats } = flags;
    const once = (prefix: string, members: number) => pass(rack, pool, { prefix, events, concurrency, members });
    await once('warm', 0);
    await once('warm-again', 0);
    const groups: Record<string, number> = {};
    let present = 0;
    for (const size of sizes(flags.groups)) {
      const missing = Math.max(0, size - present);
      await fill(rack, pool, { groups: missing, instances: missing, running: true, prefix: `present-${size}` });
      present += missing;
      groups[size] = await least(repeats, (nth) => once(`among-${size}-${nth}`, 0));
      say(`${groups[size]} ms per event among ${size} groups`);
    }
    const members: Record<string, number> = {};
    for (const size of sizes(flags.members)) {
      members[size] = await least(repeats, (nth) => once(`beside-${size}-${nth}`, size));
      say(`${members[size]} ms per event beside ${size} members`);
    }
    return {
      ...flags,
      cpu_ms_per_event_by_groups: groups,
      cpu_ms_per_event_by_members: members,
      growth_by_groups: growth(groups),
      growth_by_members: growth(members),
    };
  });
});

/** CPU milliseconds per start, of API, worker, Postgres, Temporal, switches and sleds. */
async function pass(
  rack: Rack,
  pool: Pool,
  { prefix, events, concurrency, members }: { prefix: string; events: number; concurrency: number; members: number },
): Promise<number> {
  const groups = 10;
  if (members > 0) {
    // All of them in each of the ten groups that the events join.
    const shared = await fill(rack, pool, { groups, instances: members, perInstance: groups, running: true, prefix });
    return cost(rack, shared.groups, { prefix: `${prefix}-own`, events, concurrency }, pool);
  }
  const own = await fill(rack, pool, { groups, instances: 0, prefix });
  return cost(rack, own.groups, { prefix: `${prefix}-own`, events, concurrency }, pool);
}

async function cost(
  rack: Rack,
  groups: { id: string; ip: string; name: string }[],
  { prefix, events, concurrency }: { prefix: string; events: number; concurrency: number },
  pool: Pool,
): Promise<number> {
  const { instances } = await fill(rack, pool, { into: groups, groups: 0, instances: events, prefix });
  const starts = plan(instances, events, { running: () => false });
  const work = async (): Promise<void> => {
    await emit(rack, starts, { endpoint: 'single', concurrency, batch: 500 });
  };
  const measure = await measured(rack, work, false);
  return round(measure.cpu_ms_total / events);
}

/** The machine is shared: the least of some passes is what it costs. */
async function least(repeats: number, measure: (nth: number) => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < repeats; nth++) best = Math.min(best, await measure(nth));
  return best;
}

function growth(costs: Record<string, number>): number {
  const values = Object.values(costs);
  return round((values.at(-1) ?? 0) / (values[0] ?? 1));
}
