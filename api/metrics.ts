/** Prometheus figures of the API process, on a listener of their own; none without an address. */
import { createServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Endpoint } from '../config';

export async function startMetrics(endpoint: Endpoint | undefined): Promise<{ close(): Promise<void> }> {
  if (endpoint === undefined) return { close: async () => undefined };
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'rackcast_api_' });
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    void registry.metrics().then((text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(endpoint.port, endpoint.host, resolve);
  });
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}
