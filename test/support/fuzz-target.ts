/** What the fuzzer runs against, and what it is told of it: without names that exist it would never get past "not found". */
import type { Server } from '../../api/server';
import { makeInstance } from './external-api';
import { registerRack, startInternalApi } from './internal-api';
import { startRunning } from './running';

export interface FuzzTarget {
  url: string;
  token: string;
  /** Good values by the name of a parameter or field. */
  known: Record<string, string[]>;
  /** How many answers of each status there were. */
  answers: Map<number, number>;
  /** Schemathesis' own settings. */
  settings?: string;
  close(): Promise<void>;
}

/** Everything is there once, with a group that has a member, and the token may do everything. */
export async function fuzzExternal(): Promise<FuzzTarget> {
  const { answers, observe } = countAnswers();
  const stack = await startRunning({ observe });
  const { silo, project, db } = stack;
  const group = await stack.group('news');
  const ssm = await stack.group('video', { pool: 'ssm', source_ips: ['10.0.0.1'] });
  const member = await stack.runningVm(['news'], 0);
  const named = await makeInstance(db, project.id, 'vm1', stack.rack.sleds[1]!.id);
  const all = await stack.as([
    { scope: 'fleet', resourceId: null, role: 'admin' },
    { scope: 'silo', resourceId: silo.id, role: 'admin' },
  ]);
  return {
    url: stack.externalUrl,
    token: all.token,
    answers,
    known: {
      project: [project.name, project.id],
      multicast_group: ['news', 'video', group.id, ssm.id],
      instance: [member.id, 'vm1', named.id],
      pool: ['asm', 'ssm'],
      silo: [silo.name, silo.id],
      address: [group.multicast_ip, ssm.multicast_ip],
      multicast_ip: ['224.9.0.200', '232.9.0.200'],
    },
    close: () => stack.close(),
  };
}

export async function fuzzInternal(): Promise<FuzzTarget> {
  const { answers, observe } = countAnswers();
  const api = await startInternalApi(observe);
  const { silo, project, other, sleds, groups } = await registerRack(api);
  return {
    url: api.base,
    token: api.token,
    answers,
    // A batch is answered item by item: one that is malformed is refused in its own place, not the request.
    settings: `
      [[operations]]
      include-operation-id = "instance_event_post_batch"
      checks.negative_data_rejection.enabled = false
    `,
    known: {
      silo: [silo],
      silo_id: [silo],
      project: [project, other],
      project_id: [project, other],
      sled: sleds,
      sled_id: sleds,
      group: [...groups, 'g0', '224.1.2.1'],
      multicast_groups: ['g0', 'g1'],
    },
    close: () => api.close(),
  };
}

function countAnswers() {
  const answers: FuzzTarget['answers'] = new Map();
  const observe = (server: Server) =>
    void server.addHook('onResponse', async (_request, { statusCode }) => {
      answers.set(statusCode, (answers.get(statusCode) ?? 0) + 1);
    });
  return { answers, observe };
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The same document, in which known values are among those that a parameter or a field may have. */
export function withKnown(document: object, known: FuzzTarget['known']): object {
  const suggest = (name: string, schema: Json): Json => {
    const values = known[name];
    if (values === undefined) return schema;
    const { type, items } = schema as { type?: string; items?: Json };
    if (type === 'array') return { ...(schema as object), items: suggest(name, items ?? {}) };
    return { anyOf: [{ type: 'string', enum: values }, schema] };
  };
  const walk = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(walk);
    if (node === null || typeof node !== 'object') return node;
    const entries = Object.entries(node).map(([key, value]): [string, Json] => [key, walk(value)]);
    const copy = Object.fromEntries(entries);
    if (typeof copy['name'] === 'string' && copy['in'] !== undefined)
      return { ...copy, schema: suggest(copy['name'], copy['schema'] ?? {}) };
    if (copy['type'] === 'object' && copy['properties'] !== undefined)
      copy['properties'] = Object.fromEntries(
        Object.entries(copy['properties'] as Record<string, Json>).map(([key, value]) => [key, suggest(key, value)]),
      );
    return copy;
  };
  return walk(document as Json) as object;
}
