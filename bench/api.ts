/**
 * The external API under load: lists, views, create, join; and, for the reads, a bare route of the same server library that returns the
 * same bytes. `list` is one page that everybody asks for, `pages` all pages of the project in turn.
 *
 *   node dist/bench/api.js [--requests 2000] [--groups 1000] [--concurrency 50] [--profile <folder>]
 */
import { Pool } from 'undici';
import { ApiTokens } from './api-tokens';
import { command, inParallel, percentile, readFlags, round, say } from './command';
import { addPool, fill } from './fill';
import { freePort } from '../cli/stack/ports';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { profileOf } from './profile';
import { withRack, type Rack } from './rack';

const DEFAULTS = { requests: 2_000, groups: 1_000, concurrency: 50, profile: '' };
/** Beyond what the limit per token allows. */
const TOKENS = 40;

interface Ask {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  body?: unknown;
  status: number;
}

command('api', async () => {
  const flags = readFlags(DEFAULTS);
  return withRack(flags.profile === '' ? {} : { profile: flags.profile }, async (rack) => {
    const pool = await addPool(rack);
    const { groups } = await fill(rack, pool, { groups: flags.groups, instances: 1, prefix: 'api' });
    const stopped = await fill(rack, pool, { into: groups, groups: 0, instances: flags.requests, prefix: 'joins' });
    const tokens = await ApiTokens.make(rack, TOKENS);
    const load = (origin: string, ask: (at: number) => Ask) =>
      underLoad(origin, flags.requests, flags.concurrency, () => tokens.headers(), ask);
    const project = `project=${rack.projectId}`;
    const list = `/v1/multicast-groups?${project}&limit=100`;
    await fill(rack, pool, { into: groups.slice(0, 1), groups: 0, instances: 100, prefix: 'members' });
    const reads = {
      list: [list],
      view: groups.map(({ id }) => `/v1/multicast-groups/${id}`),
      view_by_name: groups.map(({ name }) => `/v1/multicast-groups/${name}?project=bench`),
      pages: await pagesOf(rack, tokens, list),
      members: [`/v1/multicast-groups/${groups[0]?.id}/members?limit=100`],
      pools: ['/v1/ip-pools?limit=100'],
    };
    const figures: Record<string, unknown> = {};
    for (const [name, paths] of Object.entries(reads)) {
      const answer = await bytesOf(rack, tokens, paths[0] ?? '');
      const bare = await bareRoute(rack, name, answer);
      const get = (path = ''): Ask => ({ method: 'GET', path, status: 200 });
      await load(rack.external, (at) => get(paths[at % paths.length]));
      await load(bare, () => get('/'));
      const ours = await load(rack.external, (at) => get(paths[at % paths.length]));
      const theirs = await load(bare, () => get('/'));
      figures[name] = {
        ...ours,
        bytes: answer.length,
        bare: theirs,
        ratio: round(ours.per_second / theirs.per_second),
      };
      say(`${name}: ${ours.per_second}/s, a bare route ${theirs.per_second}/s`);
    }
    const create = (at: number): Ask => ({
      method: 'POST',
      path: `/v1/multicast-groups?${project}`,
      body: { name: `made-${at}`, description: '' },
      status: 201,
    });
    figures['create'] = await load(rack.external, create);
    figures['join'] = await load(rack.external, (at) => ({
      method: 'PUT',
      path: `/v1/instances/${stopped.instances[at]?.id}/multicast-groups/${groups[(at + 1) % groups.length]?.id}`,
      status: 201,
    }));
    return { ...flags, ...figures, ...(flags.profile === '' ? {} : { profile: await profileOf(rack, flags.profile) }) };
  });
});

async function underLoad(
  origin: string,
  requests: number,
  concurrency: number,
  headers: () => Record<string, string>,
  ask: (at: number) => Ask,
) {
  const http = new Pool(origin, { connections: concurrency, pipelining: 1 });
  const took: number[] = [];
  const from = performance.now();
  await inParallel(Array.from({ length: requests }), concurrency, async (_, at) => {
    const { method, path, body, status } = ask(at);
    const sent = performance.now();
    const given = headers();
    if (body === undefined) delete given['content-type'];
    const answer = await http.request({
      method,
      path,
      headers: given,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== status) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 200)}`);
    took.push(performance.now() - sent);
  });
  const seconds = (performance.now() - from) / 1_000;
  await http.close();
  return { per_second: round(requests / seconds), p50_ms: percentile(took, 0.5), p99_ms: percentile(took, 0.99) };
}

async function bytesOf(rack: Rack, tokens: ApiTokens, path: string): Promise<Buffer> {
  const { authorization = '' } = tokens.headers();
  const answer = await fetch(rack.external + path, { headers: { authorization } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** The paths of all pages of a list. */
async function pagesOf(rack: Rack, tokens: ApiTokens, first: string): Promise<string[]> {
  const paths: string[] = [];
  for (let path: string | null = first; path !== null;) {
    const { items, next_page } = JSON.parse(String(await bytesOf(rack, tokens, path))) as {
      items: unknown[];
      next_page: string | null;
    };
    if (items.length > 0) paths.push(path);
    path = next_page === null ? null : `${first}&page_token=${next_page}`;
  }
  return paths;
}

/** A process of its own that answers with these bytes and does nothing else. */
async function bareRoute(rack: Rack, name: string, answer: Buffer): Promise<string> {
  const file = join(rack.folder, `${name}.json`);
  writeFileSync(file, answer);
  const port = await freePort();
  await rack.listens(rack.run(`bare-${name}`, join('bench', 'bare-route.js'), [String(port), file]), port);
  return `http://127.0.0.1:${port}`;
}
