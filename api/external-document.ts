/**
 * The OpenAPI document of the external API. It is what the server's own schemas say, so it cannot differ from what is served;
 * the checked-in copy under openapi/ is what clients are generated from. Run as a program, this file writes the copy.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import type { ApiDeps } from './deps';
import { registerExternalRoutes } from './external';
import { createServer } from './server';

export const EXTERNAL_API = {
  title: 'rackcast external API',
  version: '0.1.0',
  description: 'Multicast groups and IP pools of a rack.',
};

export async function externalDocument(): Promise<object> {
  const server = await createServer({ log: pino({ level: 'silent' }), ...EXTERNAL_API });
  // Nothing is called, so nothing is used.
  await registerExternalRoutes(server, {} as ApiDeps);
  await server.ready();
  return server.swagger();
}

/** As it is checked in. */
export const written = (document: object) => `${JSON.stringify(document, null, 2)}\n`;

if (require.main === module) {
  void externalDocument().then((document) => writeFileSync(join('openapi', 'external.json'), written(document)));
}
