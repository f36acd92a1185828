/**
 * An OpenAPI document as a flat list of what it means: one line per operation and per field of a body, references followed, so that
 * two documents can be compared whatever they name and how they are cut into schemas. Bounds of integers count as their width.
 */
interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  nullable?: boolean;
  enum?: string[];
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
}

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export function flatDocument(given: unknown): string[] {
  const document = given as Document;
  const lines: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { operationId, requestBody, responses }] of Object.entries(operations)) {
      const statuses = Object.keys(responses).toSorted();
      lines.push(`${method.toUpperCase()} ${path} ${operationId} ${statuses.join(' ')}`);
      flatten(document, requestBody?.content['application/json']?.schema, `${operationId} <`, '', lines);
      const success = responses[statuses[0] ?? '']?.content?.['application/json']?.schema;
      flatten(document, success, `${operationId} >`, '', lines);
    }
  }
  return [...new Set(lines)].toSorted();
}

function flatten(document: Document, schema: Schema | undefined, at: string, mark: string, lines: string[]): void {
  if (schema === undefined) return;
  const { nullable, ...of } = resolved(document, schema);
  const marks = `${mark}${nullable === true ? ' nullable' : ''}`;
  const variants = of.oneOf ?? of.anyOf;
  const [only, ...others] = variants ?? [];
  if (only !== undefined && others.length === 0) return flatten(document, only, at, marks, lines);
  if (variants !== undefined) {
    const known = variants.map((variant) => resolved(document, variant));
    if (known.every(({ type }) => type === 'string')) {
      const values = known.flatMap((variant) => variant.enum ?? []);
      lines.push(`${at} ${text({ type: 'string', ...(values.length > 0 ? { enum: values } : {}) })}${marks}`);
    } else
      for (const variant of known) flatten(document, variant, `${at}<${variantName(document, variant)}>`, marks, lines);
    return;
  }
  if (of.type === 'array') return flatten(document, of.items, `${at}[]`, marks, lines);
  if (of.properties === undefined) {
    if (typeof of.additionalProperties === 'object')
      return flatten(document, of.additionalProperties, `${at}.*`, marks, lines);
    lines.push(`${at} ${text(of)}${marks}`);
    return;
  }
  lines.push(`${at} object${of.additionalProperties === false ? ' exact' : ''}${marks}`);
  for (const [name, field] of Object.entries(of.properties)) {
    const optional = of.required?.includes(name) === true ? '' : ' optional';
    flatten(document, field, `${at}.${name}`, optional, lines);
  }
}

/** With references followed, and what is wrapped only to say more about it unwrapped. */
function resolved(document: Document, schema: Schema): Schema {
  if (schema.$ref !== undefined) {
    const target = document.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
    if (target === undefined) throw new Error(`no schema ${schema.$ref}`);
    return resolved(document, target);
  }
  const [inner] = schema.allOf ?? [];
  if (inner === undefined) return schema;
  return { ...resolved(document, inner), ...(schema.nullable === true ? { nullable: true } : {}) };
}

/** By the value of its `type`, else by its first field. */
function variantName(document: Document, { properties = {} }: Schema): string {
  const [tag] = properties['type'] === undefined ? [] : (resolved(document, properties['type']).enum ?? []);
  return tag ?? Object.keys(properties)[0] ?? '';
}

const WIDTHS = [8, 16, 32];

function text({ type, format, enum: values, maximum }: Schema): string {
  if (type === 'integer') {
    const width = Number(/^uint(\d+)$/.exec(format ?? '')?.[1] ?? 64);
    const bound = maximum ?? 2 ** width - 1;
    return `uint${WIDTHS.find((bits) => bound < 2 ** bits) ?? 64}`;
  }
  if (values !== undefined) return values.toSorted().join('|');
  return format === undefined ? (type ?? 'anything') : `${type} ${format}`;
}
