/** The operator's commands against a real listener: tables, JSON, exit codes, and one clear line for what is wrong. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { findToken, hashToken } from '../../db/access';
import { multicastEnabled } from '../../db/runtime-config';
import type { ScheduleRun } from '../../temporal/schedule-runs';
import { run } from '../support/command-line';
import { startInternalApi, type InternalApi } from '../support/internal-api';
import { operatorRack, postEvents, type OperatorRack } from '../support/operator';

let api: InternalApi;
let rack: OperatorRack;
const folder = mkdtempSync(join(tmpdir(), 'rackcast-cli-'));

beforeAll(async () => {
  api = await startInternalApi();
  rack = await operatorRack(api);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

const rackcast = (...line: string[]) => run(['--api', api.base, '--token', api.token], ...line);
const json = async (...line: string[]) => JSON.parse((await rackcast(...line, '--json')).out);
const lineWith = (text: string, part: string) => text.split('\n').find((line) => line.includes(part)) ?? '';

describe('groups', () => {
  test('are listed with what is the matter with each', async () => {
    const { out, code } = await rackcast('groups', 'list', '--project', 'one');
    expect(code).toBe(0);
    expect(lineWith(out, 'g0 ')).toMatch(
      /g0 +224\.1\.2\.1 +active +2 +1 +1 +9 +11 +served .*behind by 1, degraded: switch1, drift: 1/,
    );
    expect(lineWith(out, 'g1 ')).toMatch(/failed 2 times: switch0: no/);
    expect(out).not.toContain('\u001B[');
    expect(await json('groups', 'list', '--state', 'active')).toEqual([
      expect.objectContaining({ id: rack.groups[0] }),
    ]);
    expect((await rackcast('groups', 'list', '--state', 'deleting')).out).toBe('  none\n');
  });

  test('a list that is cut says so, and not in its output', async () => {
    const { out, err, code } = await rackcast('groups', 'list', '--limit', '2', '--json');
    expect([JSON.parse(out).length, code]).toEqual([2, 0]);
    expect(err).toBe('rackcast: only the first 2; --limit takes more\n');
    expect((await rackcast('groups', 'list', '--limit', '4')).err).toBe('');
  });

  test('one is found by id, address and name, and is not guessed', async () => {
    for (const name of [rack.groups[0]!, '224.1.2.1']) {
      const { out } = await rackcast('groups', 'view', name);
      expect(lineWith(out, 'newest round')).toContain('9 served');
      expect(out).toMatch(/switch1 +unreachable +absent +5/);
      expect(lineWith(out, rack.instance)).toMatch(/joined +rear0/);
    }
    expect(await rackcast('groups', 'view', 'g0')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`rackcast: group "g0" is one of several: `),
    });
    expect((await json('groups', 'view', 'g1')).id).toBe(rack.groups[1]);
    expect(await rackcast('groups', 'view', 'none')).toEqual({
      code: 1,
      out: '',
      err: 'rackcast: there is no group "none"\n',
    });
  });
});

test('members, pools and switches', async () => {
  expect(lineWith((await rackcast('members', 'list', '--sled', rack.sleds[1]!)).out, 'joining')).toMatch(/g0 .*rear1/);
  expect(await json('members', 'list', '--group', '224.1.2.1', '--state', 'removed')).toHaveLength(1);
  const { out: pools } = await rackcast('pools', 'list');
  expect(lineWith(pools, 'asm')).toMatch(/multicast +v4 +3 +263 +2 creating, 1 active +2 +1 +9 +13 +7 +-/);
  expect(lineWith(pools, 'wide')).toContain('1.21e+24');
  expect(lineWith((await rackcast('pools', 'view', 'wide')).out, 'used')).toContain(`0 of ${2n ** 80n}`);
  expect((await rackcast('switches', 'list')).out).toMatch(/switch0 +in_service[^]+switch1 +unreachable.*no answer/);
  const { out } = await rackcast('switches', 'view', 'switch0');
  expect(lineWith(out, 'missing')).toContain('rear0');
  expect((await json('switches', 'view', '1')).drift).toEqual([]);
});

test('drift ends with 3, so that a monitor can call it', async () => {
  expect(await rackcast('drift')).toMatchObject({
    code: 3,
    out: expect.stringMatching(/switch0 +g0 .*missing +rear0/),
  });
  expect(await rackcast('drift', '--switch', 'switch1')).toMatchObject({ code: 0, out: '  none\n' });
  const all = await rackcast('drift', '--all', '--json');
  expect([all.code, JSON.parse(all.out).length]).toEqual([3, 2]);
});

describe('events', () => {
  const write = (content: unknown) => {
    const file = join(folder, `${randomUUID()}.json`);
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const create = () => ({
    instance_id: randomUUID(),
    generation: 1,
    kind: 'create',
    project_id: rack.project,
    name: `vm-${randomUUID().slice(0, 8)}`,
  });

  test('are listed, and one is shown', async () => {
    const { events } = await postEvents(api, rack);
    expect(lineWith((await rackcast('events', 'list', '--outcome', 'pending')).out, events[1]!)).toMatch(/start/);
    expect(lineWith((await rackcast('events', 'view', events[0]!)).out, 'outcome')).toContain('succeeded');
    expect((await rackcast('events', 'view', randomUUID())).code).toBe(1);
  });

  test('are sent from a file, each answered for itself', async () => {
    const good = create();
    const sent = await rackcast('events', 'send', '-f', write([good, { ...create(), kind: 'explode' }]), '--json');
    expect(sent.code).toBe(1);
    expect(JSON.parse(sent.out)).toEqual([
      expect.objectContaining({ instance_id: good.instance_id, outcome: 'accepted', event_id: expect.any(String) }),
      expect.objectContaining({ outcome: 'refused', reason: expect.stringContaining('kind') }),
    ]);
    expect(await json('events', 'send', '-f', write({ items: [create()] }))).toHaveLength(1);
  });

  test('are waited for', async () => {
    const event = { ...create(), event_id: randomUUID() };
    const file = write(event);
    const end = (state: string) =>
      api.db.execute(sql`
        update instance_event set state = ${state}::event_state, reason = 'why', time_finished = now() where event_id = ${event.event_id}`);
    expect((await rackcast('events', 'send', '-f', file, '--wait', '--timeout', '1')).code).toBe(1);
    await end('failed');
    expect(await rackcast('events', 'send', '-f', file, '--wait')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/failed +why/),
    });
    await end('succeeded');
    expect((await rackcast('events', 'send', '-f', file, '--wait')).code).toBe(0);
  });

  test('a file that is none is wrong usage', async () => {
    expect((await rackcast('events', 'send', '-f', join(folder, 'absent.json'))).code).toBe(2);
    expect((await rackcast('events', 'send')).code).toBe(2);
  });
});

describe('reconcile', () => {
  const counts = ['created', 'deleted', 'verified', 'different', 'repaired', 'woken'].map((name) => [
    `groups_${name}`,
    1,
  ]);
  const more = ['members_processed', 'members_repaired', 'members_deleted', 'orphans_removed', 'events_redelivered'];
  const report = (errors: string[] = []) => ({
    disabled: false,
    ...Object.fromEntries([...counts, ...more.map((name) => [name, 2]), ['switches_checked', 2]]),
    skipped: ['switch1 is unreachable'],
    errors,
  });
  const runOf = (runId: string, part: Partial<ScheduleRun>): ScheduleRun => ({
    workflowId: 'reconcile',
    runId,
    status: 'completed',
    timeStarted: new Date(),
    timeFinished: new Date(),
    details: null,
    result: null,
    error: null,
    ...part,
  });
  const told = (...answers: ScheduleRun[][]) => {
    api.temporal.onScheduleRuns = async () => ({
      paused: false,
      note: null,
      timeNext: null,
      runs: (answers.length > 1 ? answers.shift() : answers[0]) ?? [],
    });
  };
  const old = runOf('old', { result: report(['of before']) });
  const running = runOf('new', {
    status: 'running',
    timeFinished: null,
    details: '**compare switch0**\n\n| | |\n|---|---|\n| groups_verified | 42 |',
  });

  test('starts a pass', async () => {
    api.temporal.triggered.length = 0;
    expect((await rackcast('reconcile')).code).toBe(0);
    expect(api.temporal.triggered).toEqual(['reconcile']);
  });

  test('waits for the run that it caused, shows what that does, and its report', async () => {
    told([old], [old], [running, old], [runOf('new', { result: report() }), old]);
    const { code, out } = await rackcast('reconcile', '--wait');
    expect(code).toBe(0);
    expect(out).toContain('waiting for the pass under way');
    expect(out).toContain('compare switch0, groups verified 42');
    expect(lineWith(out, 'groups repaired')).toMatch(/1$/);
    expect(out).toContain('skipped: switch1 is unreachable');
  });

  test('a report with errors ends with 1; JSON is nothing but JSON', async () => {
    told([old], [runOf('new', { result: report(['switch0: no']) }), old]);
    const { code, out } = await rackcast('reconcile', '--wait', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out).report.errors).toEqual(['switch0: no']);
  });

  test('gives up after its time, and when Temporal is away', async () => {
    told([old]);
    expect(await rackcast('reconcile', '--wait', '--timeout', '1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not done after 1 s'),
    });
    api.temporal.onScheduleRuns = () => Promise.reject(new Error('away'));
    expect(await rackcast('reconcile', '--last')).toMatchObject({ code: 1, err: 'rackcast: Temporal does not tell\n' });
  });

  test('the last reports', async () => {
    told([running, old]);
    const { out } = await rackcast('reconcile', '--last');
    expect(out).toMatch(/reconciliation +scheduled/);
    expect(out).toContain('error: of before');
    expect((await json('reconcile', '--last')).runs).toHaveLength(2);
  });
});

test('multicast is switched off and on', async () => {
  expect((await rackcast('multicast', 'off')).out).toBe('  multicast is off\n');
  expect(await multicastEnabled(api.db)).toBe(false);
  expect(await json('multicast', 'status')).toEqual({ enabled: false });
  expect(await json('multicast', 'on')).toEqual({ enabled: true });
});

test('tokens and roles', async () => {
  const made = await json(
    'token',
    'create',
    '--silo',
    'silo',
    '--description',
    'ci',
    '--expires',
    '2099-01-01T00:00:00Z',
  );
  expect(made).toMatchObject({ silo_id: rack.silo, description: 'ci', time_expires: '2099-01-01T00:00:00.000Z' });
  const { out } = await rackcast('token', 'list');
  expect(out).toContain(made.id);
  expect(out).not.toContain(made.token);

  const roles = async () => (await findToken(api.db, hashToken(made.token)))?.roles;
  for (const where of [['--fleet'], ['--silo', 'silo'], ['--project', 'two']])
    expect((await rackcast('role', 'grant', made.actor_id, 'viewer', ...where)).code).toBe(0);
  expect(await roles()).toEqual(
    expect.arrayContaining([
      { scope: 'fleet', resourceId: null, role: 'viewer' },
      { scope: 'silo', resourceId: rack.silo, role: 'viewer' },
      { scope: 'project', resourceId: rack.other, role: 'viewer' },
    ]),
  );
  expect((await rackcast('role', 'revoke', made.actor_id, 'viewer', '--fleet')).code).toBe(0);
  expect(await roles()).toHaveLength(2);
  expect((await rackcast('role', 'revoke', made.actor_id, 'viewer', '--fleet')).code).toBe(1);
  expect((await rackcast('role', 'grant', made.actor_id, 'viewer')).code).toBe(2);
  expect((await rackcast('role', 'grant', made.actor_id, 'king', '--fleet')).code).toBe(2);

  expect((await rackcast('token', 'revoke', made.id)).code).toBe(0);
  expect(await roles()).toBeUndefined();
  expect((await rackcast('token', 'revoke', made.id)).code).toBe(1);
});

describe('usage', () => {
  test('what does not exist ends with 2, help with 0', async () => {
    expect((await rackcast('groups', 'explode')).code).toBe(2);
    expect((await rackcast('explode')).code).toBe(2);
    expect((await rackcast('groups', 'list', '--limit', 'many')).code).toBe(2);
    expect((await run([], 'groups', '--help')).code).toBe(0);
  });

  test('a wrong token and an API that is away are one line each', async () => {
    expect(await run(['--api', api.base, '--token', 'wrong'], 'drift')).toEqual({
      code: 1,
      out: '',
      err: 'rackcast: credentials missing or invalid (--token)\n',
    });
    const away = await run(['--api', '127.0.0.1:1', '--token', 'x'], 'drift');
    expect(away).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^rackcast: no answer from http:\/\/127.0.0.1:1.*\n$/),
    });
  });
});
