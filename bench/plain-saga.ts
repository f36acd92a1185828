/**
 * The same work without durability, in one process: a row inserted, every switch and the sled told, the row updated. In memory nothing
 * is kept, nothing is retried, nothing is undone: the least that the job costs in this language.
 *
 *   node dist/bench/plain-saga.js '{"url": …, "stub": …, "events": 2000, …}'
 */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { Pool } from 'undici';
import { inParallel, percentile, round } from './command';
import { usageOf } from './usage';

export interface PlainInput {
  /** Postgres. */
  url: string;
  stub: string;
  events: number;
  groups: number;
  switches: number;
  concurrency: number;
  /** Members of one group that come meanwhile share the next write of its whole list; otherwise each event writes for itself. */
  coalesced: boolean;
}

/** A group's members as the switches are told: one write at a time, everything new in the next. */
class Group {
  readonly #members: string[] = [];
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(private readonly write: (members: string[]) => Promise<void>) {}

  /** Resolves when a write that began later has told every switch. */
  join(member: string): Promise<void> {
    this.#members.push(member);
    this.#next ??= (this.#writing ?? Promise.resolve()).then(() => {
      this.#next = undefined;
      this.#writing = this.write(this.#members);
      return this.#writing;
    });
    return this.#next;
  }
}

async function main(input: PlainInput): Promise<void> {
  const sql = postgres(input.url, { max: 20, onnotice: () => undefined });
  await sql`drop table if exists plain_member`;
  await sql`create table plain_member (id uuid primary key, group_number int not null, state text not null)`;
  const http = new Pool(input.stub, { connections: 64, pipelining: 1 });
  const put = async (path: string, body: unknown): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await http.request({ method: 'PUT', path, headers, body: JSON.stringify(body) });
    await answer.body.dump();
  };
  const tell = async (group: number, members: string[]): Promise<void> => {
    // A switch is told ports, of which a rack has at most 32, not members.
    const ports = Array.from({ length: Math.min(16, members.length) }, (_, at) => ({ port_id: `rear${at}` }));
    await Promise.all(
      Array.from({ length: input.switches }, (_, at) => put(`/${at}/groups/${group}`, { group, members: ports })),
    );
  };
  const groups = Array.from({ length: input.groups }, (_, at) => new Group((members) => tell(at, members)));

  const saga = async (id: string, group: number): Promise<void> => {
    await sql.begin((tx) => tx`insert into plain_member values (${id}, ${group}, 'joining') on conflict do nothing`);
    await (input.coalesced ? groups[group]!.join(id) : tell(group, [id]));
    await put(`/sled/vmms/${id}/multicast-group`, { join: { group_ip: `225.0.0.${group}`, sources: [] } });
    await sql.begin((tx) => tx`update plain_member set state = 'joined' where id = ${id}`);
  };
  const run = async (events: number): Promise<number[]> => {
    const took: number[] = [];
    await inParallel(Array.from({ length: events }, randomUUID), input.concurrency, async (id, at) => {
      const from = performance.now();
      await saga(id, at % input.groups);
      took.push(performance.now() - from);
    });
    return took;
  };
  await run(200);
  process.send?.('warm');
  await new Promise((resolve) => process.once('message', resolve));
  const before = usageOf(process.pid).cpuMs;
  const started = performance.now();
  const took = await run(input.events);
  const seconds = (performance.now() - started) / 1_000;
  process.send?.({
    per_second: round(input.events / seconds),
    p50_ms: percentile(took, 0.5),
    p99_ms: percentile(took, 0.99),
    app_cpu_ms: usageOf(process.pid).cpuMs - before,
  });
  await sql.end();
  await http.close();
}

if (require.main === module) {
  main(JSON.parse(process.argv[2] ?? '{}') as PlainInput).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`plain: ${String(error)}\n`);
      process.exit(1);
    },
  );
}
