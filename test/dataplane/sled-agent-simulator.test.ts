/** The simulated agent from outside, over HTTP: versions, registration, membership, admin. */
import { randomUUID } from 'node:crypto';
import type { ApiVersion } from '../../dataplane/sled-agent/wire';
import { accepts } from '../../simulators/sled-agent/opte';
import { startSledAgentSimulator, type SledAgentSimulator } from '../../simulators/sled-agent/server';
import { ASM, bodyV4, bodyV5, localConfigV4, nic, raw, SSM } from './sled-agent-bodies';

let simulator: SledAgentSimulator;
let vmm: string;

async function start(apiVersion: ApiVersion, autoRegister = false): Promise<void> {
  simulator = await startSledAgentSimulator({ host: '127.0.0.1', port: 0, apiVersion, autoRegister, sledId: 'sled-1' });
  vmm = `/vmms/${randomUUID()}`;
}

const ask = (method: string, path: string, version: ApiVersion | string | null, body?: unknown) =>
  raw(simulator.url, method, path, version, body);
const only = () => simulator.state.vmms.view()[0]!;

afterEach(() => simulator.close());

describe('versions', () => {
  beforeEach(() => start(5));

  test('a body of version 4 is taken as 4.0.0 and refused as 5.0.0', async () => {
    expect((await ask('PUT', vmm, 4, bodyV4())).status).toBe(200);
    const refused = await ask('PUT', `/vmms/${randomUUID()}`, 5, bodyV4());
    expect(refused.status).toBe(400);
    expect(refused.json.message).toMatch(/^unable to parse JSON body: local_config\.multicast_groups: /);
  });

  test('a body of version 5 is taken as both; the older one ignores the groups', async () => {
    const first = await ask('PUT', vmm, 5, bodyV5([ASM]));
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({ vmm_state: { state: 'starting', gen: 1 } });
    expect(only().nics[0]).toMatchObject({ prepared: [ASM], joined: [] });
    const other = `/vmms/${randomUUID()}`;
    expect((await ask('PUT', other, 4, bodyV5([ASM]))).status).toBe(200);
    expect(simulator.state.vmms.view()[1]!.nics[0]).toMatchObject({ prepared: [], joined: [] });
  });

  test('the membership path does not exist before 5.0.0', async () => {
    await ask('PUT', vmm, 4, bodyV4());
    const answer = await ask('PUT', `${vmm}/multicast-group`, 4, { join: ASM });
    expect(answer.status).toBe(404);
    expect(answer.json).toEqual({ request_id: answer.headers.get('x-request-id'), message: 'Not Found' });
    expect((await ask('PUT', `${vmm}/multicast-group`, '5.0.0-rc.1', { join: ASM })).status).toBe(404);
  });

  test.each([
    [null, 400, 'missing expected header "api-version"'],
    ['banana', 400, 'bad value for header "api-version"'],
    ['5', 400, 'bad value for header "api-version"'],
    ['6.0.0', 400, 'server does not support this API version: 6.0.0'],
    ['5.0.1', 400, 'server does not support this API version: 5.0.1'],
    ['0.9.0', 404, 'Not Found'],
    ['1.0.0', 404, 'Not Found'],
    ['5.0.0', 404, 'Not Found'],
  ])('header %s is answered %s', async (header, status, message) => {
    const answer = await ask('GET', `${vmm}/state`, header);
    expect(answer.status).toBe(status);
    expect(answer.json.message).toContain(message);
  });

  test('an agent of version 4 refuses 5.0.0 and can be upgraded while it runs', async () => {
    expect((await ask('POST', '/sim/api-version', null, { version: 4 })).status).toBe(204);
    const refused = await ask('PUT', vmm, 5, bodyV5());
    expect(refused.json.message).toBe('server does not support this API version: 5.0.0');
    await ask('POST', '/sim/api-version', null, { version: 5 });
    expect((await ask('PUT', vmm, 5, bodyV5())).status).toBe(200);
    expect((await ask('POST', '/sim/api-version', null, { version: 7 })).status).toBe(400);
  });
});

describe('HTTP', () => {
  beforeEach(() => start(5));

  test('wrong method, path, id, content type and JSON', async () => {
    expect((await ask('POST', vmm, 5)).status).toBe(405);
    expect((await ask('GET', '/vmms', 5)).status).toBe(404);
    expect((await ask('PUT', '/vmms/x', 5, bodyV5())).json.message).toContain('bad parameter in URL path');
    const headers = { 'api-version': '5.0.0', 'content-type': 'text/plain' };
    const text = await fetch(simulator.url + vmm, { method: 'PUT', headers, body: '{}' });
    expect(await text.json()).toMatchObject({ message: 'unsupported content-type: text/plain' });
    const broken = await fetch(simulator.url + vmm, { method: 'PUT', headers: { 'api-version': '5.0.0' }, body: '{' });
    expect(broken.status).toBe(400);
  });
});

describe('membership', () => {
  beforeEach(async () => {
    await start(5);
    await ask('PUT', vmm, 5, bodyV5([ASM]));
  });
  const put = (body: unknown) => ask('PUT', `${vmm}/multicast-group`, 5, body);
  const del = (body: unknown) => ask('DELETE', `${vmm}/multicast-group`, 5, body);
  const joined = () => only().nics[0]!.joined;

  test('joining twice is one entry; what registration prepared is not accepted before it is joined', async () => {
    expect(accepts(only().nics[0]!, ASM.group_ip, '10.0.0.1')).toBe(false);
    expect((await put({ join: ASM })).status).toBe(204);
    expect((await put({ join: ASM })).status).toBe(204);
    expect(joined()).toEqual([ASM]);
    expect(accepts(only().nics[0]!, ASM.group_ip, '10.0.0.1')).toBe(true);
  });

  test('the same group with other sources is a second entry, and is left on its own', async () => {
    const one = { ...SSM, sources: ['10.0.0.1'] };
    const two = { ...SSM, sources: ['10.0.0.2'] };
    await put({ join: one });
    await put({ join: two });
    expect(joined()).toEqual([one, two]);
    expect((await del({ leave: { ...SSM, sources: [] } })).status).toBe(204);
    expect(joined()).toHaveLength(2);
    await del({ leave: one });
    expect(joined()).toEqual([two]);
    expect(accepts(only().nics[0]!, SSM.group_ip, '10.0.0.1')).toBe(false);
    expect(accepts(only().nics[0]!, SSM.group_ip, '10.0.0.2')).toBe(true);
  });

  test('either endpoint does what the body says', async () => {
    expect((await del({ join: ASM })).status).toBe(204);
    expect(joined()).toEqual([ASM]);
    expect((await put({ leave: ASM })).status).toBe(204);
    expect(only().nics[0]).toMatchObject({ joined: [], prepared: [] });
  });

  test('spelling makes no difference', async () => {
    await put({ join: { group_ip: 'FF3E:0::1', sources: ['FD00:0::1'] } });
    await put({ join: { group_ip: 'ff3e::1', sources: ['fd00::1'] } });
    expect(joined()).toHaveLength(1);
  });

  test('an unknown VMM is 404, an ending one 410', async () => {
    const unknown = await ask('PUT', `/vmms/${randomUUID()}/multicast-group`, 5, { join: ASM });
    expect(unknown).toMatchObject({ status: 404, json: { error_code: 'NO_SUCH_INSTANCE' } });
    expect((await ask('POST', `/sim${vmm}/terminating`, null)).status).toBe(204);
    expect((await put({ join: ASM })).status).toBe(410);
    expect((await del({ leave: ASM })).status).toBe(410);
    expect((await ask('DELETE', vmm, 5)).json.updated_runtime.vmm_state.state).toBe('destroyed');
  });

  test('no primary NIC and a group that is not multicast are 500, and leave nothing behind', async () => {
    expect((await put({ join: { group_ip: '10.0.0.1', sources: [] } })).status).toBe(500);
    expect(joined()).toEqual([]);
    const bare = `/vmms/${randomUUID()}`;
    await ask('PUT', bare, 4, bodyV4({ ...localConfigV4(), nics: [nic(false)] }));
    const answer = await ask('PUT', `${bare}/multicast-group`, 5, { join: ASM });
    expect(answer).toMatchObject({ status: 500, json: { error_code: 'Internal', message: 'Internal Server Error' } });
  });
});

describe('life of a VMM', () => {
  beforeEach(() => start(5));

  test('registration is idempotent and keeps what was joined; another instance may not take the id', async () => {
    const body = bodyV5([ASM]);
    await ask('PUT', vmm, 5, body);
    await ask('PUT', `${vmm}/multicast-group`, 5, { join: SSM });
    expect((await ask('PUT', vmm, 5, body)).status).toBe(200);
    expect(only().nics[0]!.joined).toEqual([SSM]);
    expect((await ask('PUT', vmm, 5, bodyV5())).status).toBe(500);
  });

  test('state follows requests; stopped ones are gone; unknown ones are no error to stop', async () => {
    await ask('PUT', vmm, 5, bodyV5());
    const running = await ask('PUT', `${vmm}/state`, 5, { state: { type: 'running' } });
    expect(running.json.updated_runtime.vmm_state).toMatchObject({ state: 'running', gen: 2 });
    expect((await ask('GET', `${vmm}/state`, 5)).json.vmm_state.state).toBe('running');
    await ask('PUT', `${vmm}/state`, 5, { state: { type: 'stopped' } });
    expect((await ask('GET', `${vmm}/state`, 5)).status).toBe(404);
    expect((await ask('PUT', `${vmm}/state`, 5, { state: { type: 'running' } })).status).toBe(404);
    expect((await ask('PUT', `${vmm}/state`, 5, { state: { type: 'stopped' } })).json).toEqual({
      updated_runtime: null,
    });
    expect((await ask('DELETE', vmm, 5)).json).toEqual({ updated_runtime: null });
  });
});

describe('auto-registration', () => {
  beforeEach(() => start(5, true));

  test('a join makes the VMM with one primary NIC; registering it later keeps what it joined', async () => {
    expect((await ask('DELETE', `${vmm}/multicast-group`, 5, { leave: ASM })).status).toBe(404);
    expect((await ask('PUT', `${vmm}/multicast-group`, 5, { join: ASM })).status).toBe(204);
    expect(only()).toMatchObject({
      auto_registered: true,
      instance_id: null,
      nics: [{ primary: true, joined: [ASM] }],
    });
    await ask('PUT', vmm, 5, bodyV5([SSM]));
    expect(only()).toMatchObject({ auto_registered: false, nics: [{ joined: [ASM], prepared: [SSM] }] });
  });

  test('what was unregistered does not come back by itself, but can be registered', async () => {
    await ask('PUT', `${vmm}/multicast-group`, 5, { join: ASM });
    await ask('DELETE', vmm, 5);
    expect((await ask('PUT', `${vmm}/multicast-group`, 5, { join: ASM })).status).toBe(404);
    expect((await ask('PUT', vmm, 5, bodyV5())).status).toBe(200);
  });

  test('it can be switched off', async () => {
    await ask('POST', '/sim/auto-register', null, { enabled: false });
    expect((await ask('PUT', `${vmm}/multicast-group`, 5, { join: ASM })).status).toBe(404);
  });
});

describe('admin', () => {
  beforeEach(() => start(5, true));

  test('VMMs can be seen, and a restart forgets them', async () => {
    await ask('PUT', vmm, 5, bodyV5([ASM]));
    const seen = (await ask('GET', '/sim/vmms', null)).json;
    expect(seen).toMatchObject({ sled_id: 'sled-1', api_version: 5, auto_register: true });
    expect(seen.vmms[0].nics[0]).toMatchObject({ primary: true, vni: 4096, prepared: [ASM], joined: [] });
    await ask('POST', '/sim/restart', null);
    expect((await ask('GET', '/sim/vmms', null)).json.vmms).toEqual([]);
  });

  test('requests are counted by endpoint and listed one by one; admin ones are not', async () => {
    await ask('PUT', vmm, 5, bodyV5());
    await ask('PUT', `${vmm}/multicast-group`, 5, { join: ASM });
    await ask('PUT', `${vmm}/multicast-group`, 5, { join: {} });
    const counters = (await ask('GET', '/sim/requests', null)).json;
    expect(counters.requests).toBe(3);
    expect(counters.endpoints).toMatchObject([
      { method: 'PUT', template: '/vmms/{propolis_id}', requests: 1, statuses: { 200: 1 } },
      { method: 'PUT', template: '/vmms/{propolis_id}/multicast-group', requests: 2, statuses: { 204: 1, 400: 1 } },
    ]);
    const { requests } = (await ask('GET', '/sim/requests/log', null)).json;
    expect(requests.map((one: any) => [one.seq, one.path, one.status])).toEqual([
      [1, vmm, 200],
      [2, `${vmm}/multicast-group`, 204],
      [3, `${vmm}/multicast-group`, 400],
    ]);
    expect(requests[0].epoch_ms).toBeLessThanOrEqual(requests[2].epoch_ms);
    await ask('DELETE', '/sim/requests', null);
    expect((await ask('GET', '/sim/requests', null)).json).toMatchObject({ requests: 0, endpoints: [] });
  });

  test('unknown admin routes and wrong admin bodies are told', async () => {
    expect((await ask('GET', '/sim/nothing', null)).status).toBe(404);
    expect((await ask('POST', `/sim${vmm}/terminating`, null)).status).toBe(404);
    const wrong = await ask('POST', '/sim/faults', null, { action: { kind: 'explode' } });
    expect(wrong.status).toBe(400);
    expect(wrong.json.message).toContain('action.kind');
  });
});
