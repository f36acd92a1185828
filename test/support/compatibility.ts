/**
 * What a client made from one OpenAPI document misses in another: operations, parameters, fields of answers, values, and
 * whatever a request has to have that it had not to have before. Additions are no loss. Both documents are of our own making:
 * named components, `allOf` with one reference, `4XX` and `5XX` for errors.
 */
interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  type?: string;
  format?: string;
  nullable?: boolean;
  enum?: (string | number | boolean)[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Message {
  $ref?: string;
  content?: Record<string, { schema: Schema }>;
}

interface Operation {
  operationId: string;
  parameters?: { in: string; name: string; required?: boolean; schema: Schema }[];
  requestBody?: Message;
  responses: Record<string, Message>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Message> };
}

type Pair<T> = [was: T, is: T];
/** Who reads a schema: what is asked for may become less, what is answered may become more. */
type Side = 'request' | 'answer';

export function losses(before: object, after: object): string[] {
  const documents: Pair<Document> = [before as Document, after as Document];
  const now = new Map(operationsOf(documents[1]));
  return operationsOf(documents[0]).flatMap(([at, was]) => {
    const is = now.get(at);
    return is === undefined ? [`${at} is gone`] : operationLosses(at, [was, is], documents);
  });
}

const operationsOf = ({ paths }: Document): [string, Operation][] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );

function operationLosses(at: string, [was, is]: Pair<Operation>, documents: Pair<Document>): string[] {
  const found = was.operationId === is.operationId ? [] : [`${at} is no longer ${was.operationId}`];
  const check = (side: Side, where: string, pair: Pair<Schema | undefined>) =>
    found.push(...compare({ side, documents, seen: [] }, where, pair));
  const both = (old?: Message, now?: Message): Pair<Schema | undefined> => [
    schemaOf(old, documents[0]),
    schemaOf(now, documents[1]),
  ];
  const [old, now] = [parametersOf(was), parametersOf(is)];
  for (const [name, { schema }] of old) {
    const other = now.get(name);
    if (other === undefined) found.push(`${at}: ${name} is gone`);
    else check('request', `${at}: ${name}`, [schema, other.schema]);
  }
  for (const [name, { required }] of now)
    if (required === true && old.get(name)?.required !== true) found.push(`${at}: ${name} has become required`);
  check('request', `${at}: body`, both(was.requestBody, is.requestBody));
  for (const [status, response] of Object.entries(was.responses)) {
    const other = is.responses[status];
    if (other === undefined) found.push(`${at}: ${status} is gone`);
    else check('answer', `${at}: ${status}`, both(response, other));
  }
  return found;
}

const parametersOf = ({ parameters = [] }: Operation) =>
  new Map(parameters.map((each) => [`${each.in} ${each.name}`, each]));

function schemaOf(message: Message | undefined, { components }: Document): Schema | undefined {
  const shared = components.responses[message?.$ref?.split('/').at(-1) ?? ''];
  return (shared ?? message)?.content?.['application/json']?.schema;
}

interface Context {
  side: Side;
  documents: Pair<Document>;
  /** Components on the way here: they may refer to themselves. */
  seen: string[];
}

function compare(context: Context, at: string, [was, is]: Pair<Schema | undefined>): string[] {
  const { side, documents, seen } = context;
  if (was === undefined) return is === undefined || side === 'answer' ? [] : [`${at} has become required`];
  if (is === undefined) return [`${at} is gone`];
  const [[oldName, old], [newName, now]] = [resolve(was, documents[0]), resolve(is, documents[1])];
  if (oldName !== '' && seen.includes(oldName)) return [];
  const found = oldName === newName ? [] : [`${at}: ${oldName || 'an inline schema'} is now ${newName || 'inline'}`];
  for (const key of ['type', 'format'] as const)
    if (old[key] !== now[key]) found.push(`${at}: ${key} was ${old[key]} and is ${now[key]}`);
  const [may, must] = side === 'request' ? [old, now] : [now, old];
  if (may.nullable === true && must.nullable !== true) found.push(`${at}: null is another matter`);
  found.push(...valueLosses(side, at, [old, now]), ...requiredLosses(side, at, [old, now]));
  const inner = { ...context, seen: [...seen, oldName] };
  for (const [name, field] of Object.entries(old.properties ?? {}))
    found.push(...compare(inner, `${at}.${name}`, [field, now.properties?.[name]]));
  if (old.items !== undefined) found.push(...compare(inner, `${at}[]`, [old.items, now.items]));
  const [variants, others] = [old.oneOf ?? [], now.oneOf ?? []];
  if (side === 'answer' && others.length > variants.length) found.push(`${at} may now be something else`);
  return [...found, ...variants.flatMap((each, index) => compare(inner, `${at}|${index}`, [each, others[index]]))];
}

function valueLosses(side: Side, at: string, [old, now]: Pair<Schema>): string[] {
  const [some, all] = side === 'request' ? [old.enum, now.enum] : [now.enum, old.enum];
  if (all === undefined) return [];
  if (some === undefined) return [`${at}: its values are others`];
  const missing = some.filter((value) => !all.includes(value)).map(String);
  return missing.map((value) => `${at}: ${value} ${side === 'request' ? 'is refused' : 'is new'}`);
}

function requiredLosses(side: Side, at: string, [old, now]: Pair<Schema>): string[] {
  const [was, is] = [old.required ?? [], now.required ?? []];
  if (side === 'request')
    return is.filter((name) => !was.includes(name)).map((name) => `${at}.${name} has become required`);
  const absent = was.filter((name) => !is.includes(name) && now.properties?.[name] !== undefined);
  return absent.map((name) => `${at}.${name} may now be absent`);
}

/** The component's name, if it is one, and the schema itself. */
function resolve(schema: Schema, { components }: Document): [string, Schema] {
  const { $ref, allOf, ...rest } = schema;
  const name = ($ref ?? allOf?.[0]?.$ref ?? '').split('/').at(-1) ?? '';
  return name === '' ? ['', schema] : [name, { ...components.schemas[name], ...rest }];
}
