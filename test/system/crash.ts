/**
 * Parts of the stack killed with -9 while hundreds of events are posted: first each in turn, then at random, now and then two
 * at once. Then everything must have happened: every accepted event has an outcome, every instance's members are as its last
 * event implies, and the switches match.
 *
 * Posting is tied to the kills by counts, not by time, so that every kill finds events under way on any machine.
 */
import { sql } from 'drizzle-orm';
import { until } from '../support/rack';
import { newProject, type Group } from './fleet';
import { systemFaults } from './inspect';
import { Life, pick, randomFrom, type Post, type Random } from './load';
import type { Part, SystemStack } from './stack';

export interface CrashPlan {
  kills: number;
  events: number;
  seed: number;
}

export interface CrashProgress {
  posted: number;
  killed: number;
  doing: string;
}

export interface CrashResult {
  kills: Partial<Record<Part, number>>;
  /** By outcome. */
  outcomes: Record<string, number>;
  /** Why events failed. */
  reasons: string[];
  posted: number;
  /** Accepted, and without an outcome or a trace. */
  lost: string[];
  /** Whatever else is wrong. */
  faults: string[];
  instances: number;
}

const PARTS: readonly Part[] = ['worker', 'api', 'temporal', 'postgres', 'switch0', 'switch1'];
const GROUPS = 8;
const EVENTS_PER_INSTANCE = 8;
const TWO_AT_ONCE = 0.2;
const SETTLE_MS = 300_000;

export async function crash(
  stack: SystemStack,
  plan: CrashPlan,
  tell: (progress: CrashProgress) => void = () => undefined,
): Promise<CrashResult> {
  const random = randomFrom(plan.seed);
  const project = await newProject(stack);
  const groups: Group[] = [];
  for (let at = 0; at < GROUPS; at++) groups.push(await project.group(`crash-${at}`));
  const count = Math.max(4, Math.round(plan.events / EVENTS_PER_INSTANCE));
  const lives = Array.from({ length: count }, () => new Life(project, groups, randomFrom(random() * 2 ** 32)));
  const posts: Post[] = [];
  const kills: CrashResult['kills'] = {};
  let [killed, over, doing] = [0, false, 'posting'];
  const share = plan.events / (plan.kills + 1);
  const report = () => tell({ posted: posts.length, killed, doing });

  async function live(life: Life, events: number): Promise<void> {
    for (let at = 0; at < events; at++) {
      const mayPost = () => killed === plan.kills || posts.length < (killed + 1) * share;
      await until('the next kill', mayPost, SETTLE_MS);
      const post = await life.step(at === events - 1);
      posts.push(post);
      report();
      if (life.deleted) return;
    }
  }

  async function killThem(): Promise<void> {
    const switchKills = new SwitchKills(stack);
    for (const parts of schedule(plan.kills, random)) {
      const moment = (killed + random() * 0.8) * share;
      await until('enough events for the next kill', () => over || posts.length >= moment, SETTLE_MS);
      for (const part of parts) if (part.startsWith('switch')) await switchKills.allow(part);
      doing = `kill -9 ${parts.join(' and ')}`;
      report();
      const hit = parts.map((part) => ({ part, pid: stack.kill(part) }));
      killed += parts.length;
      for (const { part } of hit) kills[part] = (kills[part] ?? 0) + 1;
      await Promise.all(hit.map(({ part, pid }) => stack.back(part, pid)));
      doing = 'posting';
      report();
    }
  }

  const killing = killThem();
  const eventsOf = (at: number) =>
    Math.floor(((at + 1) * plan.events) / count) - Math.floor((at * plan.events) / count);
  const living = Promise.all(lives.map((life, at) => live(life, eventsOf(at)))).finally(() => (over = true));
  await Promise.all([killing, living]);
  doing = 'waiting for the outcomes';
  report();
  const lost = await lostOf(stack, posts);
  doing = 'comparing rows, switches and sleds';
  report();
  const faults = [...(await systemFaults(stack)), ...(await misplaced(stack, lives))];
  const rows = await rowsOf(stack, posts);
  const reasons = rows.filter(({ state }) => state === 'failed').map(({ kind, reason }) => `${kind}: ${reason}`);
  return { kills, outcomes: countOf(rows), reasons, posted: posts.length, lost, faults, instances: lives.length };
}

/**
 * With no switch in service events fail, and rightly: that is another test. A switch that was killed is in service again when
 * its restart has been seen and everything on it is as it should be.
 */
class SwitchKills {
  readonly #seenAt = new Map<Part, number>();

  constructor(readonly stack: SystemStack) {}

  async allow(part: Part): Promise<void> {
    const other: Part = part === 'switch0' ? 'switch1' : 'switch0';
    const again = async () => (await this.#incarnation(other)) > (this.#seenAt.get(other) ?? 0);
    await until(`${other} is in service`, () => again().catch(() => false), SETTLE_MS);
    this.#seenAt.set(part, await this.#incarnation(part));
  }

  /** 0: not in service. */
  async #incarnation(part: Part): Promise<number> {
    const rows = await this.stack.db.execute<{ incarnation: number }>(sql`
      select incarnation from switch where 'switch' || slot = ${part} and service = 'in_service'`);
    return Number(rows[0]?.incarnation ?? 0);
  }
}

/** Each part once, in an order drawn from the seed, then any of them. */
function* schedule(kills: number, random: Random): Generator<Part[]> {
  const turn = PARTS.toSorted(() => random() - 0.5);
  for (let left = kills; left > 0;) {
    const next = turn.shift();
    if (next !== undefined) {
      left -= 1;
      yield [next];
      continue;
    }
    const first = pick(random, PARTS);
    const second = pick(random, PARTS.slice(0, 4));
    const parts = left > 1 && second !== first && random() < TWO_AT_ONCE ? [first, second] : [first];
    left -= parts.length;
    yield parts;
  }
}

type Row = { event_id: string; kind: string; state: string; reason: string | null; finished: boolean };

async function rowsOf({ db }: SystemStack, posts: Post[]): Promise<Row[]> {
  const ids = JSON.stringify(posts.map(({ ref }) => ref.eventId));
  const rows = await db.execute<Row>(sql`
    select event_id, kind, state::text as state, reason, time_finished is not null as finished from instance_event
    where event_id in (select value::uuid from jsonb_array_elements_text(${ids}::jsonb))`);
  return [...rows];
}

/** Waits until all are over; what is not, or is not even there, is lost. */
async function lostOf(stack: SystemStack, posts: Post[]): Promise<string[]> {
  const unfinished = async () => {
    const over = new Set((await rowsOf(stack, posts)).filter((row) => row.finished).map((row) => row.event_id));
    return posts.filter(({ ref }) => !over.has(ref.eventId));
  };
  await until('every event is over', async () => (await unfinished()).length === 0, SETTLE_MS).catch(() => undefined);
  return (await unfinished()).map(({ kind, ref }) => `${kind} ${ref.generation} of ${ref.instanceId}: ${ref.eventId}`);
}

function countOf(rows: Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Each instance's members against what its last event implies. */
async function misplaced({ db, file }: SystemStack, lives: Life[]): Promise<string[]> {
  const rows = await db.execute<{ instance: string; member: string }>(sql`
    select m.parent_id as instance, g.name || ' ' || m.state || ' ' || coalesce(m.sled_id::text, '') as member
    from multicast_group_member m join multicast_group g on g.id = m.external_group_id
    where m.time_deleted is null order by g.name`);
  return lives.flatMap(({ expected: { id, sled, groups } }) => {
    const state = sled === null ? 'left ' : `joined ${file.sled_agents[sled]?.sled_id}`;
    const wanted = groups
      .map((name) => `${name} ${state}`)
      .toSorted()
      .join(', ');
    const found = [...rows].filter((row) => row.instance === id).map((row) => row.member);
    return found.join(', ') === wanted ? [] : [`${id}: [${found.join(', ')}] instead of [${wanted}]`];
  });
}
