/**
 * A sled agent on a port: reads each request whole, lets faults have their way, serves it, answers, counts.
 * Invariant: a fault that drops the connection before the effect leaves none, after the effect leaves all of it; a delayed
 * request still takes effect when its sender has gone, as on a real agent.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import { FaultPlan, pauseFor, type FaultAction } from '../faults';
import { RequestLog } from '../requests';
import { admin, type SledAgentState } from './admin';
import { badRequest, BODY_LIMIT, errorBody, HttpError, internalError, servedVersion } from './dropshot';
import { serve, templateOf, type Reply } from './routes';
import { Vmms } from './vmms';

export interface SledAgentSimulatorOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  apiVersion: ApiVersion;
  sledId?: string;
  /** A join for a VMM never heard of makes one with a primary NIC. Default true. */
  autoRegister?: boolean;
}

export interface SledAgentSimulator {
  /** `host:port`, an IPv6 host in brackets. */
  address: string;
  url: string;
  state: SledAgentState;
  /** Drops all connections. */
  close(): Promise<void>;
}

/** Rejects with the system's error when the port cannot be had. */
export async function startSledAgentSimulator(options: SledAgentSimulatorOptions): Promise<SledAgentSimulator> {
  const state: SledAgentState = {
    sledId: options.sledId ?? null,
    apiVersion: options.apiVersion,
    vmms: new Vmms(options.autoRegister ?? true),
    faults: new FaultPlan(),
    requests: new RequestLog(),
  };
  const server = createServer((request, response) => {
    // A connection that breaks while its request is read has nobody to be told.
    handle(state, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  const authority = `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return {
    address: authority,
    url: `http://${authority}`,
    state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(state: SledAgentState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const body = await readBody(request);
  if (path.startsWith('/sim/')) {
    const answer = body === null ? tooLarge : admin(state, method, path, adminBody(body));
    send(response, answer.status, answer.body ?? undefined, randomUUID());
    return;
  }
  await state.faults.running();
  const fault = state.faults.take(method, path);
  if (fault?.kind === 'delay') await pauseFor(fault.ms);
  const isDropped = fault?.kind === 'drop';
  const requestId = randomUUID();
  const reply =
    isDropped && fault.when === 'before' ? null : answerOf(state, { method, path, request, body }, fault, requestId);
  if (isDropped) request.socket.destroy();
  const bytesOut = isDropped || reply === null ? 0 : send(response, reply.status, reply.body, requestId);
  state.requests.note({
    method,
    template: templateOf(path),
    path,
    bytesIn: body?.length ?? 0,
    bytesOut,
    status: isDropped || reply === null ? 0 : reply.status,
  });
}

interface Received {
  method: string;
  path: string;
  request: IncomingMessage;
  body: Buffer | null;
}

function answerOf(state: SledAgentState, received: Received, fault: FaultAction | null, requestId: string): Reply {
  const { method, path, request, body } = received;
  try {
    if (fault?.kind === 'status') throw new HttpError(fault.status, fault.message ?? 'injected by the simulator');
    const version = servedVersion(request.headers, state.apiVersion);
    if (body === null) throw badRequest(tooLarge.body.message);
    return serve(state.vmms, method, path, { version, headers: request.headers, body });
  } catch (error) {
    const httpError = error instanceof HttpError ? error : internalError();
    return { status: httpError.status, body: errorBody(httpError, requestId) };
  }
}

const tooLarge = { status: 400, body: { message: `request body exceeded maximum size of ${BODY_LIMIT} bytes` } };

/** Null: larger than the agent reads. It is read to the end all the same, so that the client gets its answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  return size <= BODY_LIMIT ? Buffer.concat(chunks) : null;
}

/** Undefined for no body and for what is not JSON: the route refuses both alike. */
function adminBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Returns the bytes of the body. */
function send(response: ServerResponse, status: number, body: unknown, requestId: string): number {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'x-request-id': requestId,
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  });
  response.end(text);
  return Buffer.byteLength(text);
}
