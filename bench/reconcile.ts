/**
 * A whole rack reconciled, at several sizes in one run: passes with nothing changed, and a pass with some of the groups changed behind
 * rackcast's back; how time and memory grow with the rack; and, on a rack of its own with the first size, a switch that restarted
 * empty. Beside it, what the reference design asks of its switches for the same, by its own loops.
 *
 *   node dist/bench/reconcile.js [--sizes 1000,10000] [--members 10] [--drift 0.01] [--switches 2] [--limits none|real] [--large 5000] [--restart 1]
 */
import { sql } from 'drizzle-orm';
import { createDpdClient } from '../dataplane/dpd/client';
import { LIMITS } from '../domain/limits';
import { tagOf } from '../domain/switch-edits';
import { underlayAddress } from '../domain/underlay';
import { HEALTH_SCHEDULE } from '../domain/workflow-ids';
import type { ReconcileReport } from '../workflows/reconcile';
import { command, inParallel, percentile, readFlags, round, say, until } from './command';
import { addPool, fill, type Filled, type FillOptions, type Pool } from './fill';
import { MemoryWatch } from './memory';
import { inService, TASK_QUEUE, withRack, type Rack } from './rack';
import { askedBetween, countersOfAll, restart, type Asked } from './switch-counters';
import { cpuBetween } from './usage';

/** `members`: per group. `large`: members of one more group, at the end; 0 = none. 'restart': 0 = no switch is restarted. */
const DEFAULTS = {
  sizes: '1000,10000',
  members: 10,
  drift: 0.01,
  switches: 2,
  sleds: 32,
  limits: 'none',
  large: 5_000,
  restart: 1,
};
/** Passes with nothing changed, of which the median counts. */
const CALM = 5;
/** Passes before the first that counts: a young process grows whatever it does, and one that has got more to do for a while. */
const WARM = { first: 20, later: 6 };

command('reconcile', async () => {
  const flags = readFlags(DEFAULTS);
  const { switches, sleds } = flags;
  const options = { switches, sleds, limits: flags.limits === 'real' ? ('real' as const) : ('none' as const) };
  const sizes = flags.sizes.split(',').map(Number);
  const compared = await withRack(options, (rack) => compareSizes(rack, sizes, flags));
  if (flags.restart === 0) return { ...flags, ...compared };
  const restarted = await withRack(options, (rack) => restartEmpty(rack, sizes[0] ?? 0, flags.members));
  return { ...flags, ...compared, restarted_empty: restarted };
});

async function compareSizes(rack: Rack, sizes: number[], flags: { members: number; drift: number; large: number }) {
  // A health check in the middle of a pass would be counted with it.
  await rack.client.schedule.getHandle(HEALTH_SCHEDULE).pause();
  const pool = await addPool(rack);
  const measured: Size[] = [];
  for (const groups of sizes) {
    const present = measured.at(-1)?.groups ?? 0;
    measured.push(await measure(rack, pool, { groups, present, members: flags.members, drift: flags.drift }));
  }
  const large = flags.large === 0 ? {} : { large_group: await oneLargeGroup(rack, pool, flags.large) };
  return { sizes: measured, growth: growth(measured), ...large };
}

type Size = Awaited<ReturnType<typeof measure>>;

async function measure(
  rack: Rack,
  pool: Pool,
  { groups, present, members, drift }: { groups: number; present: number; members: number; drift: number },
) {
  const filled = await fill(rack, pool, withMembers(groups - present, members, `from-${present}`));
  for (let nth = 0; nth < (present === 0 ? WARM.first : WARM.later); nth++) await pass(rack);
  const memory = new MemoryWatch(rack, 20);
  const calm = [];
  for (let nth = 0; nth < CALM; nth++) calm.push(await pass(rack));
  const { worker } = memory.figures();
  const seconds = percentile(
    calm.map((one) => one.seconds),
    0.5,
  );
  const nothing = calm.find((one) => one.seconds === seconds) ?? calm[0]!;
  if (nothing.report.groups_different > 0) throw new Error('there was a difference where nothing had changed');
  say(`${groups} groups, nothing changed: ${seconds} s, ${JSON.stringify(nothing.switches)}`);

  const changed = Math.max(1, Math.round(groups * drift));
  await takePorts(rack, filled, changed);
  const drifted = await pass(rack);
  say(`${changed} groups changed: ${drifted.seconds} s, repaired ${drifted.report.groups_repaired}`);
  return {
    groups,
    memberships: groups * members,
    pages_per_switch: Math.ceil((2 * groups) / LIMITS.reconcilePage) + 1,
    nothing_changed: {
      ...nothing,
      ms_per_group: round((seconds * 1_000) / groups),
      worker_mb: [worker?.['start_mb'] ?? 0, worker?.['peak_mb'] ?? 0],
    },
    drifted: { changed, ...drifted },
    reference_design: referenceDesign({ groups, memberships: groups * members, switches: rack.switches.length }),
  };
}

function withMembers(groups: number, members: number, prefix: string): FillOptions {
  const perInstance = Math.min(10, groups);
  const instances = Math.ceil((groups * members) / perInstance);
  return { groups, instances, perInstance, running: true, prefix };
}

/** The largest beside the smallest: 1 = in proportion to the groups, or not at all. */
function growth(sizes: Size[]) {
  const [first, last] = [sizes[0]!.nothing_changed, sizes.at(-1)!.nothing_changed];
  return {
    groups: sizes.at(-1)!.groups / sizes[0]!.groups,
    seconds: round(last.seconds / first.seconds),
    ms_per_group: round(last.ms_per_group / first.ms_per_group),
    worker_memory: round((last.worker_mb[1] ?? 0) / (first.worker_mb[1] ?? 0)),
    history_events: round(last.history_events / first.history_events),
  };
}

let passes = 0;

/** One pass, as the schedule starts it. */
async function pass(rack: Rack) {
  const workflowId = `bench-reconcile-${(passes += 1)}`;
  const before = { asked: await countersOfAll(addresses(rack)), usage: rack.usage() };
  const from = performance.now();
  const start = { workflowId, taskQueue: TASK_QUEUE };
  const report = (await rack.client.workflow.execute('reconcile', start)) as ReconcileReport;
  const seconds = round((performance.now() - from) / 1_000);
  if (report.errors.length > 0) throw new Error(report.errors.join('; '));
  const { historyLength } = await rack.client.workflow.getHandle(workflowId).describe();
  return {
    seconds,
    switches: askedBetween(before.asked, await countersOfAll(addresses(rack))),
    cpu_ms: cpuBetween(before.usage, rack.usage()),
    history_events: historyLength,
    report,
  };
}

const addresses = (rack: Rack): string[] => rack.switches.map((facing) => facing.address);

/** Somebody takes the ports out of these groups, on the first switch. */
async function takePorts({ switches }: Rack, { groups }: Filled, count: number): Promise<void> {
  const client = createDpdClient({ address: switches[0]?.address ?? '', timeoutMs: 10_000, connections: 8 });
  await client.status();
  await inParallel(groups.slice(0, count), 8, async ({ id, ip }) => {
    await client.apply({ op: 'replaceMembers', ip: underlayAddress(ip, 0), tag: tagOf(id), members: [] });
  });
  await client.close();
}

/** Until the switch counts again and holds everything. */
async function restartEmpty(rack: Rack, groups: number, members: number) {
  await fill(rack, await addPool(rack), withMembers(groups, members, 'restart'));
  const [facing] = rack.switches;
  if (facing === undefined) throw new Error('no switch');
  // A restart is an uptime that went back: it must have been seen old enough.
  await until('an uptime worth the name', async () => {
    return (await rack.db.execute(sql`select 1 from switch where uptime < 15`)).length === 0;
  });
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
  const used = Object.entries(cpuBetween(before.usage, rack.usage())).filter(([name]) => name !== 'client');
  say(`a switch with ${groups} groups restarted empty: complete after ${seconds} s`);
  return {
    seconds,
    seen_after_s: round((seen - from) / 1_000),
    writes_per_group: round((asked[0]?.writes ?? 0) / groups),
    writes_on_the_others: asked.slice(1).map((each: Asked) => each.writes),
    switches: asked,
    cpu_ms_per_group: round(used.reduce((sum, [, ms]) => sum + ms, 0) / groups),
  };
}

/** What many members in one place cost a pass. */
async function oneLargeGroup(rack: Rack, pool: Pool, members: number) {
  const before = await pass(rack);
  await fill(rack, pool, { groups: 1, instances: members, running: true, prefix: 'large' });
  await pass(rack);
  const after = await pass(rack);
  return { members, seconds_more: round(after.seconds - before.seconds), seconds: after.seconds };
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
