/**
 * One HTTP server as both APIs use it: schemas from zod, OpenAPI 3.0.3 from the schemas, and one form of error whoever raises
 * it. Invariants: every answer carries `x-request-id`; every error has the same body; bad input is never a 500; nothing that
 * identifies a caller is logged.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type RawServerDefault,
} from 'fastify';
import {
  createSerializerCompiler,
  fastifyZodOpenApiPlugin,
  fastifyZodOpenApiTransformers,
  validatorCompiler,
  type FastifyZodOpenApiTypeProvider,
} from 'fastify-zod-openapi';
import type { Logger } from 'pino';
import { LIMITS } from '../domain/limits';
import './auth';
import { invalidRequest, toAnswer } from './errors';
import { documentOptions, tidyDocument } from './openapi';

export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  FastifyZodOpenApiTypeProvider
>;

export interface ServerOptions {
  log: Logger;
  /** Title and version of the OpenAPI document. */
  title: string;
  version: string;
  description?: string;
  /** How long a client may take to send the header of a request, and all of it. */
  patience?: { headerMs: number; requestMs: number };
}

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export async function createServer(options: ServerOptions): Promise<Server> {
  const { patience = { headerMs: LIMITS.requestHeaderMs, requestMs: LIMITS.requestMs } } = options;
  const server = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LIMITS.requestBodyBytes,
    requestTimeout: patience.requestMs,
    connectionTimeout: LIMITS.silentConnectionMs,
    keepAliveTimeout: 60_000,
    http: {
      headersTimeout: patience.headerMs,
      // How often the two bounds above are looked at.
      connectionsCheckingInterval: Math.ceil(patience.headerMs / 4),
    },
    // What still arrives on an open connection while the process stops is served, and the connection ends with it.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 1_000 },
    frameworkErrors: (error, request, reply) => {
      const answer = toAnswer(error, request.id);
      void (reply as FastifyReply).code(answer.status).headers(headersOf(request.id)).send(answer.body);
    },
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<FastifyZodOpenApiTypeProvider>() as Server;

  server.decorateRequest('caller', null);
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(createSerializerCompiler({ stringify: JSON.stringify }));
  acceptJsonOnly(server);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(headersOf(request.id));
  });
  answerErrors(server);
  endConnectionsOnClose(server);
  logAnswers(server);
  await describeItself(server, options);
  return server;
}

const headersOf = (requestId: string) => ({ ...SECURITY_HEADERS, 'x-request-id': requestId });

/** A body is JSON or it is refused; no body at all is `undefined`, even where a client announces JSON. */
function acceptJsonOnly(server: Server): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, body as string, done);
  });
}

function answerErrors(server: Server): void {
  server.setErrorHandler((error, request, reply) => {
    // A client that has gone reads no answer, and that it has gone is no fault of ours.
    const gone = request.raw.destroyed && !request.raw.complete;
    const answer = toAnswer(gone ? invalidRequest('the request broke off') : error, request.id);
    if (answer.ours) request.log.error({ ...about(error), route: request.routeOptions.url }, 'request failed');
    if (answer.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(answer.status).send(answer.body);
  });

  const routes: { path: RegExp; methods: string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    routes.push({ path: pattern(url), methods: [method].flat() });
  });
  // Before the body is looked at: what is in it does not matter to a method that is not there.
  server.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    const known = methods.length > 0;
    if (known) reply.header('allow', [...new Set(methods)].sort().join(', '));
    return reply
      .code(known ? 405 : 404)
      .send({ request_id: request.id, message: known ? 'Method Not Allowed' : 'Not Found' });
  });
}

/** `/v1/groups/:group` as the expression that its URLs match. */
function pattern(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}

/** Once the server is closing, each answer is the last of its connection; else the end would wait for idle clients. */
function endConnectionsOnClose(server: Server): void {
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
  });
  server.addHook('onSend', async (_request, reply, payload) => {
    if (closing) reply.header('connection', 'close');
    return payload;
  });
}

/** Requests are logged by route, never with headers: tokens travel there. */
function logAnswers(server: Server): void {
  server.addHook('onResponse', async (request, reply) => {
    const level = reply.statusCode >= 500 ? 'warn' : 'debug';
    request.log[level](
      {
        method: request.method,
        route: request.routeOptions.url ?? '-',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
}

/** What the log gets of an error. A driver's error is under the query builder's, whose message repeats the statement's values. */
function about(error: unknown): { error: string; stack?: string | undefined } {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return root instanceof Error ? { error: root.message, stack: root.stack } : { error: String(root) };
}

async function describeItself(server: Server, { title, version, description = '' }: ServerOptions): Promise<void> {
  await server.register(fastifyZodOpenApiPlugin, { documentOpts: documentOptions });
  await server.register(swagger, {
    openapi: { openapi: '3.0.3', info: { title, version, description } },
    transform: fastifyZodOpenApiTransformers.transform,
    transformObject: (input) => tidyDocument(fastifyZodOpenApiTransformers.transformObject(input)),
  });
}

/** Bytes that are not HTTP, or a request that never ended: there is no request object to answer through. */
function answerBrokenRequest(this: unknown, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
  const requestId = randomUUID();
  const body = JSON.stringify({ request_id: requestId, message: status.slice(4) });
  const length = String(Buffer.byteLength(body));
  const headers = { ...headersOf(requestId), 'content-type': 'application/json', 'content-length': length };
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
