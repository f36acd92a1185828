/** The building blocks that both APIs stand on: errors, parsing, pages and the generated document. */
import { connect } from 'node:net';
import { caller, listen, type Call } from '../support/http';
import pino from 'pino';
import { z } from 'zod';
import { requireInternalToken } from '../../api/auth';
import { alreadyExists, notFound } from '../../api/errors';
import { defineListing, IdSortMode, NameOrIdSortMode, pageParams, ResultsPage } from '../../api/pagination';
import { createServer, type Server } from '../../api/server';
import { errors, Name, NameOrId, ok, Uuid } from '../../api/wire';

const Thing = z.object({ name: Name, owner: NameOrId.nullish(), id: Uuid.nullable() }).meta({ id: 'Thing' });
const ThingResultsPage = ResultsPage(Thing, 'ThingResultsPage');
const things = defineListing({
  name: 'thing_list',
  sorts: { name_ascending: 'name', name_descending: 'name', id_ascending: 'id' },
  filters: ['project'],
});
const lines: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });

let server: Server;
let call: Call;
let base: string;

beforeAll(async () => {
  server = await createServer({ log, title: 'Things', version: '1.0.0' });
  await server.register(async (scope: Server) => {
    scope.addHook('onRequest', requireInternalToken('a-token-of-some-length'));
    scope.put('/private/:id', { schema: { params: z.object({ id: Uuid }), body: Thing } }, async (request, reply) =>
      reply.code(201).send(request.body),
    );
  });
  server.route({
    method: 'POST',
    url: '/things',
    schema: { operationId: 'thing_create', body: Thing, response: { 201: ok(Thing), ...errors } },
    handler: async (request, reply) => reply.code(201).send(request.body),
  });
  server.route({
    method: 'GET',
    url: '/things/:thing',
    schema: {
      operationId: 'thing_view',
      params: z.object({ thing: NameOrId }),
      response: { 200: ok(Thing), ...errors },
    },
    handler: async (request) => {
      if (request.params.thing === 'taken') throw alreadyExists('project', 'taken');
      if (request.params.thing === 'broken') throw new Error('secret detail');
      if (request.params.thing === 'away')
        throw Object.assign(new Error('x'), { cause: Object.assign(new Error('y'), { code: 'ECONNREFUSED' }) });
      throw notFound('project', { name: request.params.thing });
    },
  });
  server.route({
    method: 'GET',
    url: '/things',
    schema: {
      operationId: 'thing_list',
      querystring: z.object({ ...pageParams, sort_by: NameOrIdSortMode.optional(), project: NameOrId.optional() }),
      response: { 200: ok(ThingResultsPage), ...errors },
    },
    handler: async (request) => {
      const page = things.page(request.query);
      const all = ['a', 'b', 'c'].filter((name) => page.after === null || name > page.after).slice(0, page.limit);
      return things.results(
        all.map((name) => ({ name, id: null })),
        page,
        (item) => item.name,
      );
    },
  });
  server.route({
    method: 'GET',
    url: '/others',
    schema: { querystring: z.object({ ...pageParams, sort_by: IdSortMode.optional() }) },
    handler: async (request) => defineListing({ name: 'others', sorts: { id_ascending: 'id' } }).page(request.query),
  });
  base = await listen(server);
  call = caller(base);
});

afterAll(() => server.close());

const post = (body: unknown, headers: Record<string, string> = {}) => call('POST', '/things', { body, headers });
const get = (path: string) => call('GET', path);

test('every error has the same body and an id that the header repeats', async () => {
  const answers = [
    [await get('/nothing'), 404, undefined],
    [await get('/things/unknown'), 404, 'ObjectNotFound'],
    [await get('/things/taken'), 400, 'ObjectAlreadyExists'],
    [await get('/things/broken'), 500, 'Internal'],
    [await get('/things/away'), 503, 'ServiceNotAvailable'],
    [await get('/things/%zz'), 400, undefined],
    [await get(`/things/${'x'.repeat(300)}`), 400, undefined],
    [await call('DELETE', '/things/x'), 405, undefined],
    [await call('HEAD', '/nothing'), 404, undefined],
    [await post('{"name":'), 400, undefined],
    [await post('{"__proto__": {"name": "x"}, "id": null}'), 400, undefined],
    [await post('x', { 'content-type': 'text/plain' }), 415, undefined],
    [await post({ name: 'x'.repeat(2_000_000) }), 413, undefined],
    [await post({ name: 'Upper', id: null }), 400, undefined],
    [await post(''), 400, undefined],
  ] as const;
  for (const [answer, status, code] of answers) {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    if (answer.text === '') continue;
    expect(answer.body).toEqual({
      request_id: answer.headers.get('x-request-id'),
      message: expect.any(String),
      ...(code && { error_code: code }),
    });
    expect(answer.text).not.toMatch(/secret|stack|node_modules/);
  }
});

test('messages name the field', async () => {
  expect((await post({ name: 'Upper', id: 'x' })).body.message).toMatch(
    /^unable to parse JSON body: name: a name must begin.*; id: expected a UUID$/,
  );
  expect((await post('{')).body.message).toMatch(/^unable to parse JSON body: /);
  expect((await get('/things?limit=0')).body.message).toBe(
    'unable to parse query string: limit: expected a positive integer',
  );
  expect((await get('/things/9bad_')).body.message).toBe(
    'bad parameter in URL path: thing: a name must begin with a lower-case letter',
  );
});

test('a wrong method says which are right', async () => {
  const answer = await call('PATCH', '/things?x=1');
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe('GET, POST');
});

test('pages: walk, tokens bound to their list, altered ones refused', async () => {
  const at = (query: string) => get(`/things?${query}`);
  const first = (await at('limit=2&project=p')).body;
  expect(first.items).toHaveLength(2);
  const second = (await at(`limit=2&page_token=${first.next_page}`)).body;
  expect(second.items).toEqual([{ name: 'c', id: null }]);
  expect((await at(`page_token=${second.next_page}`)).body).toEqual({ items: [], next_page: null });
  expect((await at(`page_token=${first.next_page}&project=p&sort_by=name_ascending`)).status).toBe(200);
  expect((await at('limit=4000000000')).status).toBe(200);
  const refused = [`page_token=${first.next_page}&project=q`, `page_token=${first.next_page}&sort_by=name_descending`];
  refused.push(
    `page_token=x${first.next_page}`,
    'page_token=nonsense',
    'page_token=',
    'sort_by=age',
    'limit=-1',
    'limit=1e3',
  );
  for (const query of refused) expect({ query, status: (await at(query)).status }).toEqual({ query, status: 400 });
  expect((await get(`/others?page_token=${first.next_page}`)).status).toBe(400);
});

test('credentials are asked for before anything is parsed, and never logged', async () => {
  const put = (authorization: string) => call('PUT', '/private/x', { body: '{', headers: { authorization } });
  for (const authorization of ['', 'Bearer wrong', 'Basic a-token-of-some-length']) {
    const answer = await put(authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  }
  expect((await put('Bearer a-token-of-some-length')).status).toBe(400);
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.join('')).not.toMatch(/a-token-of-some-length|Bearer/);
});

test('bytes that are not HTTP get an answer of the same form', async () => {
  const text = await new Promise<string>((resolve, reject) => {
    let seen = '';
    const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.write('not http\r\n\r\n'));
    socket.on('data', (chunk) => (seen += String(chunk)));
    socket.on('close', () => resolve(seen));
    socket.on('error', reject);
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*"request_id"/);
});

test('the document: one component per type, errors as responses', () => {
  const document = JSON.parse(JSON.stringify(server.swagger()));
  expect(document.openapi).toBe('3.0.3');
  expect(Object.keys(document.components.schemas).sort()).toEqual([
    'Error',
    'IdSortMode',
    'Name',
    'NameOrId',
    'NameOrIdSortMode',
    'Thing',
    'ThingResultsPage',
  ]);
  const list = document.paths['/things'].get;
  expect(list.responses['4XX']).toEqual({ $ref: '#/components/responses/Error' });
  expect(list.parameters.find((parameter: { name: string }) => parameter.name === 'sort_by').schema).toEqual({
    $ref: '#/components/schemas/NameOrIdSortMode',
  });
});
