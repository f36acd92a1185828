/** Where the commands find the API: what is given, else the environment, else the stack of the data folder; and both typed clients. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, externalApi } from '../../cli/api-client';
import { writeStackFile } from '../../cli/stack/stack-file';
import { activate, makePool, makeRack, startExternalApi } from '../support/external-api';
import { run } from '../support/command-line';
import { startInternalApi, type InternalApi } from '../support/internal-api';
import { withEnvironment } from '../support/environment';

let api: InternalApi;
const folder = mkdtempSync(join(tmpdir(), 'rackcast-cli-'));

beforeAll(async () => {
  api = await startInternalApi();
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

test('without a stack and without a token there is one clear line', async () => {
  const ended = await withEnvironment({ RACKCAST_DATA_DIR: folder, RACKCAST_INTERNAL_TOKEN: '' }, () =>
    run([], 'multicast', 'status'),
  );
  expect(ended).toMatchObject({ code: 2, out: '' });
  expect(ended.err).toMatch(/^rackcast: no token for the internal API: there is no stack in .*--token.*\n$/);
});

test("the local stack's file says where, options and environment win over it", async () => {
  writeStackFile(folder, {
    external_api: 'http://127.0.0.1:1',
    internal_api: api.base,
    token: 'x',
    internal_token: api.token,
    temporal: '',
    temporal_ui: null,
    database_url: '',
    switches: [],
    sled_agents: [],
    pids: {},
  });
  const status = (environment: Record<string, string>, ...options: string[]) =>
    withEnvironment({ RACKCAST_DATA_DIR: folder, RACKCAST_INTERNAL_TOKEN: '', ...environment }, () =>
      run(options, 'multicast', 'status'),
    );
  expect((await status({})).out).toBe('  multicast is on\n');
  expect((await status({}, '--token', 'wrong')).code).toBe(1);
  const elsewhere = { RACKCAST_INTERNAL_TOKEN: api.token, RACKCAST_INTERNAL_API: '127.0.0.1:1' };
  expect((await status(elsewhere)).err).toContain('no answer from http://127.0.0.1:1');
  expect((await status(elsewhere, '--api', api.base)).code).toBe(0);
});

test('the typed client of the external API', async () => {
  const external = await startExternalApi();
  const rack = await makeRack(external.db);
  const operator = await external.as(rack.silo.id, [
    { scope: 'fleet', resourceId: null, role: 'admin' },
    { scope: 'silo', resourceId: rack.silo.id, role: 'admin' },
  ]);
  await makePool(operator, rack.silo.name, 'asm', { first: '224.7.0.1', last: '224.7.0.9' });
  const client = externalApi({ address: external.base, token: operator.token });
  const params = { query: { project: rack.project.name } };
  const group = await answer(
    client.POST('/v1/multicast-groups', { params, body: { name: 'ticker', description: '' } }),
  );
  await activate(external.db, group.id);
  const { items } = await answer(client.GET('/v1/multicast-groups', { params }));
  expect(items.map(({ name, multicast_ip: ip }) => [name, ip])).toEqual([['ticker', '224.7.0.1']]);
  await external.close();
});
