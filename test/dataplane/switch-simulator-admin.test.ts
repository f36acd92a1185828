/**
 * The `/sim/` surface of the switch simulator, over HTTP.
 */
import { startSwitchSimulator, type SwitchSimulator } from '../../simulators/switch/server';
import { bodies } from './fixtures/recorded-facts';
import { send } from './switch-calls';

const G = '/multicast/groups';
const U = '/multicast/underlay-groups';

let simulator: SwitchSimulator;
let address: string;
beforeEach(async () => {
  simulator = await startSwitchSimulator({ host: '127.0.0.1', port: 0, apiLevel: 13 });
  ({ address } = simulator);
});
afterEach(() => simulator.close());

const admin = (method: string, path: string, body?: unknown) =>
  send(address, method, `/sim/${path}`, body, { 'api-version': '' });

describe('faults', () => {
  test('a status, so often as asked, on what matches, counted', async () => {
    const added = await admin('POST', 'faults', {
      match: { method: 'get', path: '/multicast' },
      action: { kind: 'status', status: 503, message: 'busy', error_code: 'try later' },
      times: 2,
    });
    expect([added.status, added.body]).toMatchObject([201, { id: 1, injected: 0 }]);
    const statuses = [];
    for (const path of ['/ports', G, G, G]) statuses.push(await send(address, 'GET', path));
    expect(statuses.map(({ status }) => status)).toEqual([200, 503, 503, 200]);
    expect(statuses[1]?.body).toMatchObject({ message: 'busy', error_code: 'try later' });
    expect((await admin('GET', 'faults')).body).toMatchObject({ faults: [{ id: 1, injected: 2 }] });
  });

  test('a pattern is a regular expression over path and query', async () => {
    await admin('POST', 'faults', { match: { path_pattern: 'tag=a$' }, action: { kind: 'status', status: 500 } });
    expect((await send(address, 'DELETE', `${G}/ff04::1?tag=ab`)).status).toBe(404);
    expect((await send(address, 'DELETE', `${G}/ff04::1?tag=a`)).status).toBe(500);
    await admin('DELETE', 'faults');
    expect((await send(address, 'DELETE', `${G}/ff04::1?tag=a`)).status).toBe(404);
  });

  test('a drop before the effect has none, a drop after it has', async () => {
    for (const when of ['before', 'after']) {
      await admin('POST', 'faults', { match: { method: 'POST' }, action: { kind: 'drop', when }, times: 1 });
    }
    await expect(send(address, 'POST', U, bodies.under('ff04::1', 't'))).rejects.toThrow('fetch failed');
    expect((await send(address, 'GET', `${U}/ff04::1`)).status).toBe(404);
    await expect(send(address, 'POST', U, bodies.under('ff04::1', 't'))).rejects.toThrow('fetch failed');
    expect((await send(address, 'GET', `${U}/ff04::1`)).status).toBe(200);
  });

  test('a delay answers late', async () => {
    await admin('POST', 'faults', { action: { kind: 'delay', ms: 60 }, times: 1 });
    const from = performance.now();
    expect((await send(address, 'GET', '/ports')).status).toBe(200);
    expect(performance.now() - from).toBeGreaterThanOrEqual(55);
  });

  test('an ill-formed fault is refused with what is wrong', async () => {
    const refused = await admin('POST', 'faults', { action: { kind: 'explode' } });
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('action.kind')]);
    expect((await admin('GET', 'nothing')).status).toBe(404);
  });
});

test('a paused daemon holds its requests and serves them when resumed; /sim/ goes on', async () => {
  await admin('POST', 'pause');
  let answered = false;
  const waiting = send(address, 'POST', U, bodies.under('ff04::1', 't')).finally(() => (answered = true));
  expect((await admin('GET', 'dump')).body.groups).toEqual([]);
  expect(answered).toBe(false);
  await admin('POST', 'resume');
  expect((await waiting).status).toBe(201);
});

test('a daemon paused in mode reset cuts connections', async () => {
  await admin('POST', 'pause', { mode: 'reset' });
  await expect(send(address, 'GET', '/ports')).rejects.toThrow('fetch failed');
  await admin('POST', 'resume');
  expect((await send(address, 'GET', '/ports')).status).toBe(200);
});

test('requests are counted by template with bytes and writes, and logged in order', async () => {
  await send(address, 'POST', U, bodies.under('ff04::1', 't', ['rear0']));
  await send(address, 'GET', `${G}/ff04::1`);
  await send(address, 'GET', `${G}/ff04::2`);
  await send(address, 'DELETE', `${G}/ff04::1?tag=t`);
  const { body } = await admin('GET', 'requests');
  expect(body).toMatchObject({ requests: 4, writes: 2 });
  expect(body.endpoints).toMatchObject([
    { method: 'DELETE', template: `${G}/{group_ip}` },
    { method: 'GET', template: `${G}/{group_ip}`, requests: 2, statuses: { 200: 1, 404: 1 } },
    { method: 'POST', template: U },
  ]);
  expect(body.endpoints[2].bytes_in).toBeGreaterThan(50);
  const { requests: log } = (await admin('GET', 'requests/log')).body;
  expect(log.map((entry: any) => [entry.method, entry.status])).toEqual([
    ['POST', 201],
    ['GET', 200],
    ['GET', 404],
    ['DELETE', 204],
  ]);
  await admin('DELETE', 'requests');
  expect((await admin('GET', 'requests')).body).toMatchObject({ requests: 0, writes: 0, endpoints: [] });
});

test('the dump shows groups, PRE and tables, and a restart empties it', async () => {
  await send(address, 'POST', U, bodies.under('ff04::1', 't', ['rear3'], ['qsfp0', 'External']));
  const { body } = await admin('GET', 'dump');
  expect(body.replication).toEqual([{ group_ip: 'ff04::1', external: ['qsfp0/0'], underlay: ['rear3/0'] }]);
  expect(body.groups).toEqual([expect.objectContaining({ kind: 'underlay', group_ip: 'ff04::1' })]);
  expect(body.pre).toEqual({ 65534: ['qsfp0/0'], 65533: ['rear3/0'] });
  expect(body.tables.decap).toEqual({ 65534: { ports: [0], vlan: null } });
  expect(body.tables.replication).toEqual({ 'ff04::1': { externalGroup: 65534, underlayGroup: 65533 } });
  expect(body).toMatchObject({ api_level: 13, links_up: expect.arrayContaining(['rear3/0', 'qsfp0/0']) });
  await admin('POST', 'restart');
  expect((await admin('GET', 'dump')).body).toMatchObject({ groups: [], replication: [] });
});
