/** From what an operator types (a name, an address, an id) to the one thing it means. */
import { answer, list, type InternalApi, type Schemas } from './api-client';
import { CommandError } from './failure';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST = 10_000;

/** The id of the group with this name, address or id. */
export async function groupId(api: InternalApi, text: string): Promise<string> {
  if (UUID.test(text)) return text;
  const filter = /[.:]/.test(text) ? { ip: text } : { name: text };
  const { items } = await answer(api.GET('/groups', { params: { query: { ...filter, limit: 10 } } }));
  return only(
    'group',
    text,
    items.map((group) => ({ id: group.id, as: `${group.id} in project ${group.project_id}` })),
  );
}

export async function poolId(api: InternalApi, text: string): Promise<string> {
  if (UUID.test(text)) return text;
  const { items } = await answer(api.GET('/pools', { params: { query: { name: text } } }));
  return only('pool', text, items);
}

/** By id, name (`switch0`) or slot. A rack has few, so all are read. */
export async function findSwitch(api: InternalApi, text: string): Promise<Schemas['Switch']> {
  const { items } = await answer(api.GET('/switches', { params: { query: { limit: 100 } } }));
  const id = only(
    'switch',
    text,
    items.filter((each) => [each.id, each.name, String(each.slot)].includes(text.toLowerCase())),
  );
  return items.find((each) => each.id === id)!;
}

export async function siloId(api: InternalApi, text: string): Promise<string> {
  if (UUID.test(text)) return text;
  const { items } = await list(MOST, (query) => answer(api.GET('/silos', { params: { query } })));
  return only(
    'silo',
    text,
    items.filter(({ name }) => name === text),
  );
}

export async function projectId(api: InternalApi, text: string): Promise<string> {
  if (UUID.test(text)) return text;
  const { items } = await list(MOST, (query) => answer(api.GET('/projects', { params: { query } })));
  return only(
    'project',
    text,
    items.filter(({ name }) => name === text).map(({ id, silo_id: silo }) => ({ id, as: `${id} in silo ${silo}` })),
  );
}

function only(kind: string, text: string, found: { id: string; as?: string }[]): string {
  const [first, second] = found;
  if (first === undefined) throw new CommandError(`there is no ${kind} "${text}"`);
  if (second === undefined) return first.id;
  throw new CommandError(`${kind} "${text}" is one of several: ${found.map(({ id, as }) => as ?? id).join('; ')}`);
}
