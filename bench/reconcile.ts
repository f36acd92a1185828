/**
 * A whole rack reconciled: a pass with nothing changed, a pass with some of the groups changed behind rackcast's back, and a switch
 * that restarted empty. Beside it, what the reference design asks of its switches for the same, by its own loops.
 *
 *   node dist/bench/reconcile.js [--groups 2000] [--memberships 20000] [--drift 0.01] [--switches 2]
 */
import { sql } from 'drizzle-orm';
import { createDpdClient } from '../dataplane/dpd/client';
import { tagOf } from '../domain/switch-edits';
import { underlayAddress } from '../domain/underlay';
import type { ReconcileReport } from '../workflows/reconcile';
import { command, inParallel, readFlags, round, say, until } from './command';
import { addPool, fill, type Filled } from './fill';
import { inService, TASK_QUEUE, withRack, type Rack } from './rack';
import { askedBetween, countersOfAll, restart, type Asked } from './switch-counters';
import { cpuBetween } from './usage';
import { LIMITS } from '../domain/limits';

const DEFAULTS = { groups: 2_000, memberships: 20_000, drift: 0.01, switches: 2, sleds: 32 };

command('reconcile', async () => {
  const flags = readFlags(DEFAULTS);
  const { groups, memberships, switches, sleds } = flags;
  return withRack({ switches, sleds }, async (rack) => {
    const pool = await addPool(rack);
    const perInstance = Math.min(10, groups);
    const instances = Math.ceil(memberships / perInstance);
    const filled = await fill(rack, pool, { groups, instances, perInstance, running: true, prefix: 'reconcile' });
    await pass(rack, 1);
    const nothing = await pass(rack, 2);
    say(`nothing changed: ${nothing.seconds} s, ${JSON.stringify(nothing.switches)}`);
    if (nothing.report.groups_different > 0) throw new Error('there was a difference where nothing had changed');

    const changed = Math.max(1, Math.round(groups * flags.drift));
    await drift(rack, filled, changed);
    const drifted = await pass(rack, 3);
    say(`${changed} groups changed: ${drifted.seconds} s, repaired ${drifted.report.groups_repaired}`);

    const restarted = await restartEmpty(rack, groups);
    say(`a switch restarted empty: complete after ${restarted.seconds} s`);
    return {
      ...flags,
      pages_per_switch: Math.ceil((2 * groups) / LIMITS.reconcilePage) + 1,
      nothing_changed: nothing,
      drifted: { groups: changed, ...drifted },
      restarted_empty: restarted,
      reference_design: referenceDesign({ groups, memberships, switches }),
    };
  });
});

/** One pass, as the schedule starts it. */
async function pass(rack: Rack, nth: number) {
  const before = { asked: await countersOfAll(addresses(rack)), usage: rack.usage() };
  const from = performance.now();
  const report = (await rack.client.workflow.execute('reconcile', {
    workflowId: `bench-reconcile-${nth}`,
    taskQueue: TASK_QUEUE,
  })) as ReconcileReport;
  const seconds = round((performance.now() - from) / 1_000);
  if (report.errors.length > 0) throw new Error(report.errors.join('; '));
  const after = rack.usage();
  const { historyLength } = await rack.client.workflow.getHandle(`bench-reconcile-${nth}`).describe();
  return {
    seconds,
    switches: askedBetween(before.asked, await countersOfAll(addresses(rack))),
    cpu_ms: cpuBetween(before.usage, after),
    worker_rss_mb: [round(before.usage['worker']?.rssMb ?? 0), round(after['worker']?.rssMb ?? 0)],
    history_events: historyLength,
    report,
  };
}

const addresses = (rack: Rack): string[] => rack.switches.map((facing) => facing.address);

/** Somebody takes the ports out of these groups, on the first switch. */
async function drift({ switches }: Rack, { groups }: Filled, count: number): Promise<void> {
  const client = createDpdClient({ address: switches[0]?.address ?? '', timeoutMs: 10_000, connections: 8 });
  await client.status();
  await inParallel(groups.slice(0, count), 8, async ({ id, ip }) => {
    await client.apply({ op: 'replaceMembers', ip: underlayAddress(ip, 0), tag: tagOf(id), members: [] });
  });
  await client.close();
}

/** Until the switch counts again and holds everything. */
async function restartEmpty(rack: Rack, groups: number) {
  const [facing] = rack.switches;
  if (facing === undefined) throw new Error('no switch');
  const before = { asked: await countersOfAll(addresses(rack)), usage: rack.usage() };
  const from = performance.now();
  await restart(facing.address);
  await until(
    'the restart to be seen',
    async () => (await rack.db.execute(sql`select 1 from switch where service <> 'in_service'`)).length > 0,
    { seconds: 60, everyMs: 50 },
  );
  const seen = performance.now();
  await inService(rack.db, rack.switches.length, 900);
  const seconds = round((performance.now() - from) / 1_000);
  const asked = askedBetween(before.asked, await countersOfAll(addresses(rack)));
  return {
    seconds,
    seen_after_s: round((seen - from) / 1_000),
    writes_per_group: round((asked[0]?.writes ?? 0) / groups),
    writes_on_the_others: asked.slice(1).map((each: Asked) => each.writes),
    switches: asked,
    cpu_ms_per_group: round(
      Object.entries(cpuBetween(before.usage, rack.usage())).reduce(
        (sum, [name, ms]) => (name === 'client' ? sum : sum + ms),
        0,
      ) / groups,
    ),
  };
}

/**
 * The reference design's own loops, nothing changed: per group one read on each switch; per Joined member one read, and one read and one
 * write on each switch; the member list read once per member.
 */
function referenceDesign({ groups, memberships, switches }: { groups: number; memberships: number; switches: number }) {
  const members = memberships / groups;
  return {
    switch_requests: Math.round(groups * switches + memberships * (1 + 2 * switches)),
    switch_writes: memberships * switches,
    member_rows_read: Math.round(groups * members * members),
  };
}
