/**
 * The listener of a simulated daemon: one HTTP request in, one answer out, with pauses, faults and counting in between.
 * Invariants: a request takes effect at one instant (nothing is awaited inside the daemon), even if its client is gone
 * by then; a connection cut before the effect leaves none, one cut after it leaves all of it; a request is counted
 * before its answer is seen.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { administer, type AdminRoutes } from './admin';
import { internal, Refusal, type Reply } from './dropshot';
import type { OperatedState } from './operator';
import { epochMs } from './requests';

export interface Received {
  method: string;
  /** Path and query. */
  url: string;
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  /** Null: longer than the daemon reads. */
  body: Buffer | null;
  /** Bytes of the body, read or not. */
  size: number;
}

/** What one kind of daemon brings along. */
export interface Simulated {
  state: OperatedState;
  /** Most bytes of a body that are kept. */
  bodyLimit: number;
  /** The path with its variables named, for the counters. */
  templateOf(method: string, path: string): string;
  /** Null: no answer, the connection is cut. Throws Refusal. */
  answer(request: Received): Reply | null;
  /** Its own routes under `/sim/`. */
  admin: AdminRoutes;
}

export interface Listener {
  /** `host:port` really bound, an IPv6 host in brackets. */
  authority: string;
  /** Stops listening and cuts every connection. */
  close: () => Promise<void>;
}

/** `port` 0: any free one. Rejects with the system's error if the address cannot be bound. */
export async function listen(simulated: Simulated, host: string, port: number): Promise<Listener> {
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    // A connection that breaks while its request is read has nobody to be told.
    serve(simulated, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen({ host, port }, listening);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeAllConnections();
    await closed;
  };
  return { authority: `${family === 'IPv6' ? `[${address}]` : address}:${bound}`, close };
}

async function serve(simulated: Simulated, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { state } = simulated;
  const arrived = epochMs();
  const received = await receive(request, simulated.bodyLimit);
  const { method, url, path, body } = received;
  if (path.startsWith('/sim/')) {
    write(response, administer(state, simulated.admin, method, path, body));
    return;
  }
  const requestId = crypto.randomUUID();
  const reply = await throughFaults(simulated, received, requestId);
  const text = reply?.body === undefined ? '' : JSON.stringify(reply.body);
  state.requests.note({
    method,
    template: simulated.templateOf(method, path),
    path: url,
    status: reply?.status ?? 0,
    bytesIn: received.size,
    bytesOut: Buffer.byteLength(text),
    arrived,
  });
  if (reply === null) request.socket.destroy();
  else write(response, { ...reply, headers: { 'x-request-id': requestId, ...reply.headers } }, text);
}

async function receive(request: IncomingMessage, limit: number): Promise<Received> {
  const { method = 'GET', url = '/', headers } = request;
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const chunks: Buffer[] = [];
  let size = 0;
  // Read to the end even when it is too long, so that the client gets its answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return { method, url, path, query, headers, body: size <= limit ? Buffer.concat(chunks) : null, size };
}

async function throughFaults(simulated: Simulated, received: Received, requestId: string): Promise<Reply | null> {
  const { state } = simulated;
  if (!(await state.admitted())) return null;
  const fault = state.faults.take(received.method, received.url);
  if (fault?.kind === 'status') {
    return new Refusal(fault.status, fault.message ?? 'injected by the simulator', fault.error_code).reply(requestId);
  }
  if (fault?.kind === 'drop' && fault.when === 'before') return null;
  if (fault?.kind === 'delay') await new Promise((elapsed) => setTimeout(elapsed, fault.ms).unref());
  const reply = effect(simulated, received, requestId);
  return fault?.kind === 'drop' ? null : reply;
}

function effect(simulated: Simulated, received: Received, requestId: string): Reply | null {
  try {
    return simulated.answer(received);
  } catch (error) {
    return (error instanceof Refusal ? error : internal()).reply(requestId);
  }
}

function write(response: ServerResponse, { status, body, headers }: Reply, text = JSON.stringify(body)): void {
  const content = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text ?? '') };
  response.writeHead(status, { ...(body === undefined ? {} : content), ...headers });
  response.end(body === undefined ? undefined : text);
}
