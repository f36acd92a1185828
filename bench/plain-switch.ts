/** A stub that answers every request with 204 and counts: what a switch or a sled is to the work without durability. */
import { createServer } from 'node:http';

let requests = 0;
let bytes = 0;

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  if (request.url === '/counters') {
    response.end(JSON.stringify({ requests, bytes }));
    return;
  }
  requests += 1;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => response.writeHead(204).end());
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
server.listen(Number(process.argv[2]), '127.0.0.1');
