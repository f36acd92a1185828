/** The document that clients are generated from: it is the checked-in one, and it is fit for generators. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { externalDocument, written } from '../../api/external-document';

const FILE = join(__dirname, '..', '..', 'openapi', 'external.json');

interface Operation {
  operationId: string;
  tags: string[];
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: { $ref?: string } }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; responses: object };
}

let document: Document;
beforeAll(async () => {
  document = (await externalDocument()) as Document;
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );

test('is the one that is checked in', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(written(document));
});

test('has the operations of the API it is compatible with', () => {
  expect(
    operations()
      .map(({ operationId, method, path }) => `${operationId} ${method} ${path}`)
      .sort(),
  ).toEqual(
    [
      'instance_multicast_group_join put /v1/instances/{instance}/multicast-groups/{multicast_group}',
      'instance_multicast_group_leave delete /v1/instances/{instance}/multicast-groups/{multicast_group}',
      'instance_multicast_group_list get /v1/instances/{instance}/multicast-groups',
      'ip_pool_create post /v1/system/ip-pools',
      'ip_pool_delete delete /v1/system/ip-pools/{pool}',
      'ip_pool_list get /v1/system/ip-pools',
      'ip_pool_range_add post /v1/system/ip-pools/{pool}/ranges/add',
      'ip_pool_range_list get /v1/system/ip-pools/{pool}/ranges',
      'ip_pool_range_remove post /v1/system/ip-pools/{pool}/ranges/remove',
      'ip_pool_silo_link post /v1/system/ip-pools/{pool}/silos',
      'ip_pool_silo_list get /v1/system/ip-pools/{pool}/silos',
      'ip_pool_silo_unlink delete /v1/system/ip-pools/{pool}/silos/{silo}',
      'ip_pool_silo_update put /v1/system/ip-pools/{pool}/silos/{silo}',
      'ip_pool_update put /v1/system/ip-pools/{pool}',
      'ip_pool_utilization_view get /v1/system/ip-pools/{pool}/utilization',
      'ip_pool_view get /v1/system/ip-pools/{pool}',
      'lookup_multicast_group_by_ip get /v1/system/multicast-groups/by-ip/{address}',
      'multicast_group_create post /v1/multicast-groups',
      'multicast_group_delete delete /v1/multicast-groups/{multicast_group}',
      'multicast_group_list get /v1/multicast-groups',
      'multicast_group_member_add post /v1/multicast-groups/{multicast_group}/members',
      'multicast_group_member_list get /v1/multicast-groups/{multicast_group}/members',
      'multicast_group_member_remove delete /v1/multicast-groups/{multicast_group}/members/{instance}',
      'multicast_group_update put /v1/multicast-groups/{multicast_group}',
      'multicast_group_view get /v1/multicast-groups/{multicast_group}',
      'project_ip_pool_list get /v1/ip-pools',
      'project_ip_pool_view get /v1/ip-pools/{pool}',
      'silo_ip_pool_list get /v1/system/silos/{silo}/ip-pools',
    ].sort(),
  );
  const experimental = operations().filter(({ tags }) => tags.includes('experimental'));
  expect(experimental.map(({ path }) => path).every((path) => path.includes('multicast'))).toBe(true);
  expect(experimental).toHaveLength(12);
});

test('refers to a named component wherever an object travels, and types its errors', () => {
  for (const { operationId, requestBody, responses } of operations()) {
    const bodies = [requestBody, ...Object.values(responses)].flatMap((each) => Object.values(each?.content ?? {}));
    const inline = bodies.filter(({ schema }) => schema.$ref === undefined);
    expect({ operationId, inline }).toEqual({ operationId, inline: [] });
    expect(responses['4XX']).toEqual({ $ref: '#/components/responses/Error' });
    expect(responses['5XX']).toEqual({ $ref: '#/components/responses/Error' });
  }
});

test('has one component per type, no anonymous objects and no dangling reference', () => {
  const { schemas } = document.components;
  const nested: string[] = [];
  const references = new Set<string>();
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, $ref } = node as { type?: unknown; $ref?: unknown };
    if (type === 'object' && path.includes('.')) nested.push(path);
    if (typeof $ref === 'string') references.add($ref);
    for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`);
  };
  for (const [name, schema] of Object.entries(schemas)) walk(schema, name);
  expect(nested).toEqual([]);
  const shapes = Object.values(schemas).map((schema) => JSON.stringify({ ...schema, description: '' }));
  expect(shapes.filter((shape, index) => shapes.indexOf(shape) !== index)).toEqual([]);
  const names = new Set(Object.keys(schemas).map((name) => `#/components/schemas/${name}`));
  expect([...references].filter((reference) => !names.has(reference))).toEqual([]);
  expect(Object.keys(schemas).filter((name) => /(Input|Output)$/.test(name))).toEqual([]);
});

test('says what may be null and what may be absent', () => {
  const { MulticastGroup, MulticastGroupCreate } = document.components.schemas as Record<
    string,
    { required: string[]; properties: Record<string, object> }
  >;
  expect(MulticastGroupCreate?.required.sort()).toEqual(['description', 'name']);
  expect(MulticastGroupCreate?.properties['multicast_ip']).toMatchObject({
    nullable: true,
    type: 'string',
    format: 'ip',
  });
  expect(MulticastGroupCreate?.properties['pool']).toMatchObject({
    nullable: true,
    allOf: [{ $ref: '#/components/schemas/NameOrId' }],
  });
  expect(MulticastGroup?.required).toContain('vpc_id');
  expect(MulticastGroup?.properties['vpc_id']).toMatchObject({ nullable: true, format: 'uuid' });
  expect(JSON.stringify(document)).not.toMatch(/"type":\[|"type":"null"|anyOf|"const"/);
});
