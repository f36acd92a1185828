/** What the edge keeps from callers and from the log: guesses, tokens, locks that others hold, headers of every answer, and the end. */
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import pino from 'pino';
import { sql } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { countAttempts } from '../../api/attempts';
import { requireInternalToken } from '../../api/auth';
import { createServer } from '../../api/server';
import { makePool, makeRack, startExternalApi, type ExternalApi, type Rack } from '../support/external-api';
import { caller, listen, type Call } from '../support/http';
import { startInternalApi } from '../support/internal-api';
import { rawConnection, requestHead } from '../support/raw-http';

const lines: string[] = [];
const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });

let api: ExternalApi;
let rack: Rack;
let operator: Call & { token: string };
let user: Call & { token: string };
beforeAll(async () => {
  api = await startExternalApi({ log, patience: { statementMs: 2_000, lockMs: 100 } });
  rack = await makeRack(api.db);
  operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
  user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'admin' }]);
  await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.0.250' });
});
afterAll(() => api.close());

test('every answer has the security headers, whoever gives it', async () => {
  const answers = [
    await user('GET', '/v1/ip-pools'),
    await user('GET', '/v1/ip-pools', { token: 'wrong' }),
    await user('GET', '/nowhere'),
    await user('PATCH', '/v1/ip-pools'),
    await user('GET', '/v1/ip-pools/%zz'),
    await user('POST', '/v1/multicast-groups?project=project1', { body: '{' }),
    await user('POST', '/v1/multicast-groups?project=project1', { body: 'x'.repeat(2_000_000) }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 405, 400, 400, 413]);
  for (const { headers } of answers)
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
});

test.each(['PATCH', 'PROPFIND', 'QUERY', 'OPTIONS', 'HEAD'])(
  'a method that is not there is 405 with Allow before its body matters: %s',
  async (method) => {
    for (const headers of [{}, { 'content-type': 'text/plain' }] as Record<string, string>[]) {
      const body = method === 'HEAD' ? {} : { body: 'name=x' };
      const answer = await user(method, '/v1/multicast-groups', { headers, ...body });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
    }
  },
);

test('a lock that somebody else holds is waited for within a bound: 503, nothing done, and it works afterwards', async () => {
  const create = () => user('POST', '/v1/multicast-groups?project=project1', { body: { name: 'g', description: '' } });
  await api.db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from ip_pool for update`);
    expect(await create()).toMatchObject({
      status: 503,
      body: { error_code: 'ServiceNotAvailable', message: 'the database is busy, try again' },
    });
  });
  expect((await create()).status).toBe(201);
});

test('each address guesses for itself', () => {
  const attempts = countAttempts({ burst: 1, perSecond: 0.001 });
  const reply = { header: () => reply } as unknown as FastifyReply;
  const from = (ip: string) => ({ ip }) as FastifyRequest;
  attempts.failed(from('192.0.2.1'), null);
  expect(() => attempts.admit(from('192.0.2.1'), reply, 'new')).toThrow('too many attempts');
  expect(() => attempts.admit(from('192.0.2.2'), reply, 'new')).not.toThrow();
});

test('guessing tokens ends with 429, but a token that has been valid is not locked out', async () => {
  const server = await createServer({ log, title: 'test', version: '0' });
  await server.register(async (scope) => {
    scope.addHook('onRequest', requireInternalToken('the-right-one', { burst: 5, perSecond: 0.001 }));
    scope.get('/', async () => ({}));
  });
  const call = caller(await listen(server));
  const get = async (token?: string) => call('GET', '/', token === undefined ? {} : { token });
  try {
    expect((await get('the-right-one')).status).toBe(200);
    const guesses = [];
    for (let at = 0; at < 8; at++) guesses.push(await get(at % 2 === 0 ? `guess-${at}` : undefined));
    expect(guesses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(guesses.at(-1)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(guesses.at(-1)?.body.message).toBe('too many attempts without a valid token from this address');
    expect((await get('the-right-one')).status).toBe(200);
  } finally {
    await server.close();
  }
});

test('no token is ever logged, whatever happens to its request', async () => {
  const server = await createServer({ log, title: 'test', version: '0' });
  const secret = 'an-internal-secret-of-a-test';
  await server.register(async (scope) => {
    scope.addHook('onRequest', requireInternalToken(secret));
    scope.get('/broken', async () => {
      throw new Error('broken');
    });
    scope.get('/away', async () => api.db.execute(sql`select pg_sleep(10)`));
  });
  const call = caller(await listen(server), { token: secret });
  expect((await call('GET', '/broken')).status).toBe(500);
  expect((await call('GET', '/away')).status).toBe(503);
  const guess = `guess-${randomUUID()}`;
  expect((await call('GET', '/broken', { token: guess })).status).toBe(401);
  await server.close();
  const tokens = [secret, guess, user.token, operator.token];
  expect((await user('GET', `/v1/ip-pools?access_token=${user.token}`)).status).toBe(200);
  expect((await user('GET', `/v1/nothing/${user.token}`)).status).toBe(404);
  expect((await user('PUT', '/v1/ip-pools', { body: { token: user.token } })).status).toBe(405);
  expect(lines.filter((line) => JSON.parse(line).status >= 500).length).toBeGreaterThan(1);
  for (const token of tokens) expect(lines.filter((line) => line.includes(token))).toEqual([]);
});

test('a token that is made over the internal API is shown once, and stored and listed without itself', async () => {
  const internal = await startInternalApi();
  try {
    const [silo, actor] = [randomUUID(), randomUUID()];
    await internal.call('PUT', `/silos/${silo}`, { body: { name: 'silo' } });
    const made = await internal.call('POST', '/tokens', { body: { silo_id: silo, actor_id: actor } });
    expect(made).toMatchObject({ status: 201, body: { token: expect.any(String) } });
    const listed = await internal.call('GET', '/tokens');
    expect(listed.text).not.toContain(made.body.token);
    const rows = await internal.db.execute<{ row: string }>(sql`select t::text as row from api_token t`);
    expect(rows.map(({ row }) => row).join()).not.toContain(made.body.token);
  } finally {
    await internal.close();
  }
});

test('told to stop, it answers what is under way, ends idle connections and takes no new ones', async () => {
  const server = await createServer({ log, title: 'test', version: '0' });
  let finish = (): void => undefined;
  let begun = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (begun = resolve));
  server.get('/slow', async () => {
    begun();
    await new Promise<void>((resolve) => (finish = resolve));
    return { done: true };
  });
  const base = await listen(server);
  const port = Number(new URL(base).port);
  const idle = await rawConnection(base, requestHead('GET', '/nowhere', {}));
  await once(idle.socket, 'data');
  const slow = caller(base)('GET', '/slow');
  await arrived;
  const closed = server.close();
  await idle.ended;
  const late = connect(port, '127.0.0.1');
  const [refusal] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  expect(refusal.code).toBe('ECONNREFUSED');
  finish();
  expect(await slow).toMatchObject({ status: 200, body: { done: true } });
  await closed;
});
