/** Clients that trickle or go away: bounded, quiet in the log, and nothing half done. Ends that are awaited, not times. */
import { once } from 'node:events';
import pino from 'pino';
import { sql } from 'drizzle-orm';
import { createServer, type Server } from '../../api/server';
import { makePool, makeRack, startExternalApi, type ExternalApi } from '../support/external-api';
import { listen, type Call } from '../support/http';
import { rawConnection, requestHead, written } from '../support/raw-http';
import { until } from '../support/rack';

const lines: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
const faults = () => lines.map((line) => JSON.parse(line)).filter((line) => line.level >= 40 || line.status >= 500);
beforeEach(() => void lines.splice(0));

describe('trickling', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = await createServer({ log, title: 'test', version: '0', patience: { headerMs: 100, requestMs: 200 } });
    server.post('/things', async () => ({}));
    base = await listen(server);
  });
  afterAll(() => server.close());

  test.each([
    ['nothing', []],
    ['half a header', ['POST /things HTTP/1.1\r\nhost: x\r\n']],
    [
      'half a body',
      [requestHead('POST', '/things', { 'content-type': 'application/json', 'content-length': 100 }), '{'],
    ],
  ])('a client that sends %s and waits is told 408 and cut off', async (_what, sent) => {
    const { ended } = await rawConnection(base, ...sent);
    expect(await ended).toMatch(/^HTTP\/1\.1 408 [\s\S]*x-content-type-options: nosniff[\s\S]*"request_id"/);
    expect(faults()).toEqual([]);
  });

  test('one that goes on byte by byte is cut off all the same', async () => {
    const { socket, ended } = await rawConnection(base, 'POST /things HTTP/1.1\r\nhost: x\r\nx-slow: ');
    const trickle = setInterval(() => socket.write('x'), 10);
    await ended;
    clearInterval(trickle);
    expect(faults()).toEqual([]);
  });

  test('a header that is too large is refused', async () => {
    const { ended } = await rawConnection(base, requestHead('GET', '/things', { 'x-large': 'x'.repeat(20_000) }));
    expect(await ended).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('going away', () => {
  let api: ExternalApi;
  let user: Call & { token: string };
  beforeAll(async () => {
    api = await startExternalApi({ log, patience: { statementMs: 20_000, lockMs: 10_000 } });
    const rack = await makeRack(api.db);
    const operator = await api.as(rack.silo.id, [{ scope: 'fleet', resourceId: null, role: 'admin' }]);
    user = await api.as(rack.silo.id, [{ scope: 'silo', resourceId: rack.silo.id, role: 'admin' }]);
    await makePool(operator, 'silo1', 'pool', { first: '224.1.0.1', last: '224.1.0.250' });
  });
  afterAll(() => api.close());

  const groups = async (name: string) => {
    const rows = await api.db.execute<{ addressed: boolean; requested: boolean }>(sql`
      select multicast_ip is not null as addressed, requested > 0 as requested from multicast_group where name = ${name}`);
    return [...rows];
  };
  const head = (length: number) =>
    requestHead('POST', '/v1/multicast-groups?project=project1', {
      authorization: `Bearer ${user.token}`,
      'content-type': 'application/json',
      'content-length': length,
    });

  test('in the middle of the body: nothing is made, and the log has no fault', async () => {
    const half = JSON.stringify({ name: 'half', description: '' });
    const closed = new Promise<void>((resolve) => {
      api.server.server.once('connection', (socket) => void once(socket, 'close').then(() => resolve()));
    });
    const { socket } = await rawConnection(api.base, head(half.length), half.slice(0, -3));
    socket.destroy();
    await closed;
    expect((await user('GET', '/v1/ip-pools')).status).toBe(200);
    expect(await groups('half')).toEqual([]);
    expect(faults()).toEqual([]);
  });

  test('before the answer: what was begun is done in full, and the log has no fault', async () => {
    const body = JSON.stringify({ name: 'whole', description: '' });
    // The request is held where it allocates, until its client is gone.
    await api.db.transaction(async (tx) => {
      await tx.execute(sql`select 1 from ip_pool for update`);
      const { socket } = await rawConnection(api.base, head(body.length));
      await written(socket, body);
      await until('the request waits', async () => {
        const waiting = await api.db.execute(sql`
          select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`);
        return waiting.length > 0;
      });
      socket.destroy();
    });
    await until('the group is there', async () => (await groups('whole')).length > 0);
    expect(await groups('whole')).toEqual([{ addressed: true, requested: true }]);
    expect(faults()).toEqual([]);
  });
});
