/**
 * The OpenAPI documents of the sled agent's API, versions 4 and 5, as far as we speak it: what our own schemas say, so that
 * anybody can compare them with the agent's. The checked-in copies are under openapi/sled-agent/; run as a program, this file writes
 * them. Invariant: whatever differs between the two is in `since5`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ErrorBody } from '../wire';
import {
  InstanceEnsureBodyV4,
  InstanceEnsureBodyV5,
  InstanceMulticastBody,
  InstanceMulticastMembership,
  InstanceSledLocalConfigV4,
  InstanceSledLocalConfigV5,
  MigrationRuntimeState,
  SledVmmState,
  VmmPutStateBody,
  VmmRuntimeState,
  type ApiVersion,
} from './wire';
import { DhcpConfig, FirewallRule, IpAddress, NetworkInterface, SourceNatConfig } from './wire-network';
import { VmmSpec } from './wire-vmm-spec';

type Json = Record<string, unknown>;

export function sledAgentDocument(version: ApiVersion): Json {
  const common = {
    '/vmms/{propolis_id}': {
      put: operation('vmm_register', 'InstanceEnsureBody', answer('SledVmmState')),
      delete: operation('vmm_unregister', null, answer('VmmUpdateResponse')),
    },
    '/vmms/{propolis_id}/state': {
      get: operation('vmm_get_state', null, answer('SledVmmState')),
      put: operation('vmm_put_state', 'VmmPutStateBody', answer('VmmUpdateResponse')),
    },
  };
  const done = { 204: { description: '' } };
  const since5 = {
    '/vmms/{propolis_id}/multicast-group': {
      put: operation('vmm_join_multicast_group', 'InstanceMulticastBody', done),
      delete: operation('vmm_leave_multicast_group', 'InstanceMulticastBody', done),
    },
  };
  return {
    openapi: '3.0.3',
    info: { title: 'Sled agent, as rackcast speaks it', version: `${version}.0.0` },
    paths: version === 5 ? { ...common, ...since5 } : common,
    components: {
      responses: { Error: { description: 'Error', content: json('Error') } },
      schemas: schemasOf(version),
    },
  };
}

const json = (name: string): Json => ({ 'application/json': { schema: reference(name) } });
const answer = (name: string): Json => ({ 200: { description: '', content: json(name) } });
const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function operation(operationId: string, body: string | null, success: Json): Json {
  const error = { $ref: '#/components/responses/Error' };
  const propolisId = { in: 'path', name: 'propolis_id', required: true, schema: { type: 'string', format: 'uuid' } };
  return {
    operationId,
    parameters: [propolisId],
    ...(body === null ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: { ...success, '4XX': error, '5XX': error },
  };
}

function schemasOf(version: ApiVersion): Json {
  const named = z.registry<{ id: string }>();
  const name = (id: string, schema: z.ZodType) => named.add(schema, { id });
  name('Error', ErrorBody);
  name('InstanceEnsureBody', version === 5 ? InstanceEnsureBodyV5 : InstanceEnsureBodyV4);
  name('InstanceSledLocalConfig', version === 5 ? InstanceSledLocalConfigV5 : InstanceSledLocalConfigV4);
  name('NetworkInterface', NetworkInterface);
  name('SourceNatConfig', SourceNatConfig);
  name('ResolvedVpcFirewallRule', FirewallRule);
  name('DhcpConfig', DhcpConfig);
  name('VmmSpec', VmmSpec);
  name('VmmRuntimeState', VmmRuntimeState);
  name('MigrationRuntimeState', MigrationRuntimeState);
  name('SledVmmState', SledVmmState);
  name('VmmUpdateResponse', z.object({ updated_runtime: SledVmmState.nullish() }));
  name('VmmPutStateBody', VmmPutStateBody);
  if (version === 5) {
    name('InstanceMulticastMembership', InstanceMulticastMembership);
    name('InstanceMulticastBody', InstanceMulticastBody);
  }
  const { schemas } = z.toJSONSchema(named, {
    target: 'openapi-3.0',
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === IpAddress) jsonSchema.format = 'ip';
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (zodSchema === InstanceMulticastBody) Object.assign(jsonSchema, oneOfItsFields(jsonSchema));
    },
  });
  return Object.fromEntries(
    Object.entries(schemas)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { $id: _where, ...schema }]) => [id, schema]),
  );
}

/** Exactly one of the fields. Deletes them from where they are, for whoever merges the result. */
function oneOfItsFields(schema: z.core.JSONSchema.BaseSchema): Pick<z.core.JSONSchema.BaseSchema, 'oneOf'> {
  const { properties = {} } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  return {
    oneOf: Object.entries(properties).map(([field, of]) => ({
      type: 'object',
      properties: { [field]: of },
      required: [field],
      additionalProperties: false,
    })),
  };
}

/** As it is checked in. */
export const writtenDocument = (version: ApiVersion) => `${JSON.stringify(sledAgentDocument(version), null, 2)}\n`;

if (require.main === module) {
  const folder = join('openapi', 'sled-agent');
  mkdirSync(folder, { recursive: true });
  for (const version of [4, 5] as const) writeFileSync(join(folder, `${version}.json`), writtenDocument(version));
}
