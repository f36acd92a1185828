/** Callers that ask too much, too slowly, or go away. */
import { connect } from 'node:net';
import { createLimiter } from '../../api/token-bucket';
import { makeRack, startExternalApi, type ExternalApi } from '../support/external-api';

let api: ExternalApi;
let siloId: string;

beforeAll(async () => {
  api = await startExternalApi({ rate: { burst: 20, perSecond: 1 } });
  siloId = (await makeRack(api.db)).silo.id;
});
afterAll(() => api.close());

test('a bucket refills with time, and each key has its own', () => {
  let now = 0;
  const wait = createLimiter({ burst: 2, perSecond: 4 }, () => now);
  expect([wait('a'), wait('a'), wait('a'), wait('b')]).toEqual([0, 0, 0.25, 0]);
  now = 250;
  expect([wait('a'), wait('a')]).toEqual([0, 0.25]);
  now = 1_000_000;
  expect([wait('a'), wait('a'), wait('a')]).toEqual([0, 0, 0.25]);
});

test('a token that asks too much is told when to come again; another one is served', async () => {
  const [greedy, modest] = [await api.as(siloId, []), await api.as(siloId, [])];
  const answers = await Promise.all(Array.from({ length: 40 }, () => greedy('GET', '/v1/ip-pools')));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(20);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers.get('retry-after')).toBe('1');
  expect(refused[0]?.body).toMatchObject({
    error_code: 'TooManyRequests',
    message: expect.stringContaining('too many requests'),
  });
  expect((await modest('GET', '/v1/ip-pools')).status).toBe(200);
});

test('bodies too large, of another type, or that are no JSON', async () => {
  const user = await api.as(siloId, [{ scope: 'silo', resourceId: siloId, role: 'admin' }]);
  const path = '/v1/multicast-groups?project=project1';
  const post = async (body: string, headers = {}) => (await user('POST', path, { body, headers })).status;
  expect(await post(JSON.stringify({ name: 'x', description: 'x'.repeat(2 * 1024 * 1024) }))).toBe(413);
  expect(await post('name=x', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415);
  expect(await post('{"name":')).toBe(400);
  expect(await post('')).toBe(400);
  expect(await post('null')).toBe(400);
  expect((await user('GET', '/v1/nowhere')).status).toBe(404);
  expect((await user('GET', `/v1/multicast-groups/${'x'.repeat(900)}`)).status).toBe(400);
  expect((await user('GET', '/v1/multicast-groups/%00?project=project1')).status).toBe(400);
  expect((await user('GET', '/v1/multicast-groups/%zz')).status).toBe(400);
});

test('a client that goes away in the middle of a request harms nobody', async () => {
  const { port } = new URL(api.base);
  const [user, other] = [await api.as(siloId, []), await api.as(siloId, [])];
  for (let i = 0; i < 20; i++) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /v1/multicast-groups?project=project1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${user.token}\r\n`,
    );
    socket.write('content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"name":');
    await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
  }
  expect((await other('GET', '/v1/ip-pools')).status).toBe(200);
});
