/**
 * One route that answers with the bytes of a file: what the HTTP server alone can do.
 *
 *   node dist/bench/bare-route.js <port> <file>
 */
import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';

const [port, file = ''] = process.argv.slice(2);
const body = readFileSync(file, 'utf8');
const server = fastify();
server.get('/', async (_request, reply) => reply.type('application/json; charset=utf-8').send(body));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
server.listen({ host: '127.0.0.1', port: Number(port) }).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
