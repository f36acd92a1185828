/** Whether this process lives, and whether it can serve. Asked without credentials, so it says nothing else. */
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { ApiDeps } from '../../deps';
import type { Server } from '../../server';
import { errors, ok } from '../../wire';

const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const tags = ['health'];

export function healthRoutes(server: Server, { db }: Pick<ApiDeps, 'db'>): void {
  server.route({
    method: 'GET',
    url: '/healthz',
    schema: { operationId: 'health', summary: 'The process lives', tags, security: [], response: { 200: ok(Health) } },
    handler: async () => ({ status: 'ok' as const }),
  });

  // Without Temporal it can still serve: events are accepted and started later.
  server.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      operationId: 'ready',
      summary: 'The process can serve',
      tags,
      security: [],
      response: { 200: ok(Health), ...errors },
    },
    handler: async () => {
      await db.execute(sql`select 1`);
      return { status: 'ok' as const };
    },
  });
}
