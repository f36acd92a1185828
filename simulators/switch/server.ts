/**
 * The simulator's listener: one HTTP request in, one answer of the daemon out, with faults and pauses in between.
 * Invariant: a request takes effect at one instant (nothing is awaited inside the daemon), and does so even if its
 * client is gone by then.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { API_VERSION_HEADER } from '../../dataplane/dpd/wire';
import { administer } from './admin';
import type { SwitchOptions } from './daemon';
import { internal, Refusal, type Reply } from './reply';
import { Crash, findRoute, templateOf } from './routes';
import { SimulatorState } from './state';
import { requestedVersion } from './versions';

export interface ListenOptions extends SwitchOptions {
  host: string;
  /** 0: any free port. */
  port: number;
}

export interface SwitchSimulator {
  /** `http://host:port`. */
  address: string;
  state: SimulatorState;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** Rejects with the system's error if the address cannot be bound. */
export async function startSwitchSimulator({ host, port, ...options }: ListenOptions): Promise<SwitchSimulator> {
  const state = new SimulatorState(options);
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    serve(state, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen({ host, port }, listening);
  });
  const { port: bound } = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeAllConnections();
    await closed;
  };
  return { address: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, state, close };
}

async function serve(state: SimulatorState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = Date.now();
  const raw = await readBody(request);
  const { method = 'GET', url = '/' } = request;
  const [pathname = '/', query = ''] = url.split(/\?(.*)/s);
  if (pathname.startsWith('/sim/')) {
    write(response, administer(state, method, pathname, raw));
    return;
  }
  const requestId = crypto.randomUUID();
  const reply = await throughFaults(state, method, url, requestId, () =>
    answer(state, request, requestId, new URLSearchParams(query), pathname, raw),
  );
  if (reply) write(response, reply, requestId);
  else request.socket.destroy();
  const bytesOut = reply?.body === undefined ? 0 : Buffer.byteLength(JSON.stringify(reply.body));
  const [status, ms] = [reply?.status ?? 0, Date.now() - at];
  state.requests.add(templateOf(method, pathname), {
    at,
    method,
    path: url,
    status,
    bytesIn: raw.length,
    bytesOut,
    ms,
  });
}

/** Null: no answer, the connection is cut. */
async function throughFaults(
  state: SimulatorState,
  method: string,
  url: string,
  requestId: string,
  effect: () => Reply | null,
): Promise<Reply | null> {
  if (state.paused === 'reset') return null;
  await state.untilResumed();
  const fault = state.faults.take(method, url);
  switch (fault?.kind) {
    case 'status':
      return new Refusal(fault.status, fault.message ?? 'injected fault').reply(requestId);
    case 'delay':
      await new Promise((elapsed) => setTimeout(elapsed, fault.ms).unref());
      return effect();
    case 'drop':
      if (fault.when === 'after') effect();
      return null;
    default:
      return effect();
  }
}

function answer(
  state: SimulatorState,
  request: IncomingMessage,
  requestId: string,
  query: URLSearchParams,
  pathname: string,
  raw: Buffer,
): Reply | null {
  const { daemon } = state;
  try {
    const version = requestedVersion(header(request, API_VERSION_HEADER), daemon.rules.newest);
    const { handler, path } = findRoute(request.method ?? 'GET', pathname);
    return handler({ daemon, version, path, query, raw, contentType: header(request, 'content-type') });
  } catch (error) {
    if (error instanceof Refusal) return error.reply(requestId);
    if (!(error instanceof Crash)) return internal().reply(requestId);
    state.restart();
    return null;
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function write(response: ServerResponse, { status, body, headers }: Reply, requestId?: string): void {
  const json = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(status, {
    ...(requestId ? { 'x-request-id': requestId } : {}),
    ...(json === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
    ...headers,
  });
  response.end(json);
}
