/** The OpenAPI document of the internal API, as external-document.ts does for the external one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { InternalDeps } from './accept';
import { written } from './external-document';
import { registerInternalRoutes } from './internal';
import { createServer } from './server';

export const INTERNAL_API = {
  title: 'rackcast internal API',
  version: '0.1.0',
  description: 'Registry and instance lifecycle events, for the control plane.',
};

export async function internalDocument(): Promise<object> {
  const server = await createServer({ log: pino({ level: 'silent' }), ...INTERNAL_API });
  // Nothing is called, so nothing is used.
  await registerInternalRoutes(server, {} as InternalDeps, '');
  await server.ready();
  return server.swagger();
}

if (require.main === module) {
  void internalDocument().then((document) => writeFileSync(join('openapi', 'internal.json'), written(document)));
}
