/**
 * Lifecycle events: how many are accepted and effective per second, and what each costs, beside empty workflows on the same server and
 * beside the same work without durability.
 *
 *   node dist/bench/events.js [--events 2000] [--groups 1] [--instances 0 (one per event)] [--switches 2] [--sleds 16]
 *     [--kind start|stop|mixed] [--endpoint single|batch] [--batch 1000] [--concurrency 100] [--baseline 500] [--profile <folder>]
 */
import { command, readFlags, round, say } from './command';
import { emptyWorkflows } from './empty';
import { emit, plan, type EmissionOptions } from './emission';
import { addPool, fill, type BenchInstance, type Pool } from './fill';
import { MemoryWatch } from './memory';
import { plainWork } from './plain';
import { profileOf } from './profile';
import { withRack, type Rack } from './rack';
import { resetStatements } from './statements';
import { measured, perEvent } from './window';

const DEFAULTS = {
  events: 2_000,
  groups: 1,
  instances: 0,
  switches: 2,
  sleds: 16,
  kind: 'start',
  endpoint: 'single',
  batch: 1_000,
  concurrency: 100,
  baseline: 500,
  profile: '',
};
/** Enough that what runs often is compiled, as it is in a service. */
const WARM = 1_000;

type Flags = ReturnType<typeof readFlags<typeof DEFAULTS>>;

command('events', async () => {
  const flags = readFlags(DEFAULTS);
  const { switches, sleds, profile } = flags;
  return withRack({ switches, sleds, ...(profile === '' ? {} : { profile }) }, (rack) => run(rack, flags));
});

async function run(rack: Rack, flags: Flags): Promise<Record<string, unknown>> {
  const { events, groups, kind, concurrency, baseline } = flags;
  const endpoint = flags.endpoint === 'batch' ? 'batch' : 'single';
  const options: EmissionOptions = {
    endpoint,
    concurrency: endpoint === 'batch' ? Math.min(concurrency, 4) : concurrency,
    batch: flags.batch,
  };
  const before = baseline === 0 ? null : await emptyWorkflows(rack, baseline, concurrency);
  const pool = await addPool(rack);
  await warm(rack, pool, options);
  const { instances } = await fill(rack, pool, {
    groups,
    instances: flags.instances === 0 ? events : flags.instances,
    prefix: 'measured',
  });
  const running = (at: number): boolean => kind === 'stop' || (kind === 'mixed' && at % 2 === 0);
  const from = await startFirst(rack, instances, running);
  const planned = plan(instances, events, { running, from });
  const memory = new MemoryWatch(rack);
  let figures: Awaited<ReturnType<typeof emit>> | undefined;
  const cost = await measured(rack, async () => {
    if (flags.profile !== '') await resetStatements(rack.db);
    say(`posting ${events} events, ${groups} groups`);
    figures = await emit(rack, planned, options);
  });
  say(`effective: ${figures?.effective_per_s}/s`);
  const plain = { events, groups, switches: rack.switches.length, concurrency };
  const bare = baseline === 0 ? null : await plainWork(rack, { ...plain, coalesced: false });
  const shared = baseline === 0 ? null : await plainWork(rack, { ...plain, coalesced: true });
  const after = baseline === 0 ? null : await emptyWorkflows(rack, baseline, concurrency);
  const effective = figures?.effective_per_s ?? 0;
  const empty = before === null || after === null ? 0 : (before.per_second + after.per_second) / 2;
  const each = perEvent(cost, events);
  return {
    ...flags,
    ...figures,
    ...each,
    memory: memory.figures(),
    empty_workflows_per_s: [before?.per_second, after?.per_second],
    empty_workflow_cpu_ms: before?.cpu_ms_per_workflow,
    plain: bare,
    plain_shared: shared,
    ratio_to_empty: round(effective / empty),
    ratio_to_plain: round(effective / (bare?.per_second ?? 0)),
    ratio_to_plain_shared: round(effective / (shared?.per_second ?? 0)),
    cpu_ratio_to_plain: round(each.cpu_ms_per_event_total / (bare?.cpu_ms_per_event ?? 0)),
    cpu_ratio_to_plain_shared: round(each.cpu_ms_per_event_total / (shared?.cpu_ms_per_event ?? 0)),
    ...(flags.profile === '' ? {} : { profile: await profileOf(rack, flags.profile) }),
  };
}

/** Code is compiled and caches are filled by some events of the same kind in groups of their own. */
async function warm(rack: Rack, pool: Pool, options: EmissionOptions): Promise<void> {
  const { instances } = await fill(rack, pool, { groups: 4, instances: WARM, prefix: 'warm' });
  for (const from of [2, 3]) await emit(rack, plan(instances, WARM, { running: () => from === 3, from }), options);
}

/** Instances that are to be stopped must run first. Returns the generation of the first measured event. */
async function startFirst(rack: Rack, instances: BenchInstance[], running: (at: number) => boolean): Promise<number> {
  const first = instances.filter((_, at) => running(at));
  const options: EmissionOptions = { endpoint: 'batch', concurrency: 2, batch: 500 };
  if (first.length > 0) await emit(rack, plan(first, first.length, { running: () => false }), options);
  return 3;
}
