/** What every simulator has under `/sim/` and in the same process: faults, pause, restart, the log of requests. */
import { administer } from '../../simulators/admin';
import { FaultPlan } from '../../simulators/faults';
import { OperatedState } from '../../simulators/operator';
import { RequestLog } from '../../simulators/requests';

class State extends OperatedState {
  restarts = 0;
  override restart(): void {
    this.restarts += 1;
  }
}

const status = (code: number) => ({ kind: 'status' as const, status: code });

describe('faults', () => {
  test('the oldest fault that matches and has some left is taken', () => {
    const plan = new FaultPlan();
    plan.add({ match: { method: 'put', path: '/a/*' }, action: status(503), times: 1 });
    plan.add({ match: { path: '/a/*/c' }, action: { kind: 'delay', ms: 1 } });
    expect(plan.take('GET', '/a.b')).toBeNull();
    expect(plan.take('PUT', '/a/b/c?tag=x')).toEqual(status(503));
    expect(plan.take('PUT', '/a/b/c')).toEqual({ kind: 'delay', ms: 1 });
    expect(plan.take('PUT', '/a/b')).toBeNull();
    expect(plan.list().map(({ injected }) => injected)).toEqual([1, 1]);
    expect(plan.clear()).toBe(2);
    expect(plan.take('PUT', '/a/b/c')).toBeNull();
  });

  test.each([
    [{ path: '/a' }, ['/a', '/a?q', '/a/b'], ['/', '/ab', '/b/a']],
    [{ path: '/a/*/c' }, ['/a/b/c', '/a/b/b/c?q', '/a/b/c/d'], ['/a/c', '/a/b/cd']],
    [{ path: '*' }, ['/', '/a?b'], []],
    [{ path: '/a.b' }, ['/a.b'], ['/a-b']],
    [{ path_pattern: 'tag=a$' }, ['/x?tag=a'], ['/x?tag=ab', '/x']],
    [{ path: '/x', path_pattern: 'tag=a$' }, ['/x/1?tag=a'], ['/y?tag=a', '/x/1']],
  ])('%j', (match, hit, missed) => {
    const plan = new FaultPlan();
    plan.add({ match, action: status(500) });
    expect([...hit, ...missed].filter((url) => plan.take('GET', url) !== null)).toEqual(hit);
  });

  test.each([
    { match: { path: '^/a' }, action: status(500) },
    { match: { path_pattern: '(' }, action: status(500) },
    { match: { paht: '/a' }, action: status(500) },
    { action: { kind: 'explode' } },
    { action: status(500), times: 0 },
  ])('%j is refused', (fault) => {
    const answer = administer(new State(), () => null, 'POST', '/sim/faults', Buffer.from(JSON.stringify(fault)));
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(/→ at|Unrecognized/) } });
  });
});

describe('pause', () => {
  test('hang: requests wait, and go on when it is resumed', async () => {
    const state = new State();
    expect(await state.admitted()).toBe(true);
    state.pause();
    const request = state.admitted();
    expect(state.paused).toBe('hang');
    state.resume();
    expect(await request).toBe(true);
    expect(state.paused).toBeNull();
  });

  test('reset: requests are cut, also those that were waiting', async () => {
    const state = new State();
    state.pause('hang');
    const waiting = state.admitted();
    state.pause('reset');
    expect([await waiting, await state.admitted()]).toEqual([false, false]);
  });
});

describe('over the admin routes', () => {
  const state = new State();
  const own = (method: string, path: string) => (path === '/sim/own' ? { status: 200, body: method } : null);
  const call = (method: string, path: string, body = '') => administer(state, own, method, path, Buffer.from(body));

  test('faults are added, listed with how often they were injected, and removed', () => {
    const fault = { match: { path: '/x' }, action: { kind: 'drop', when: 'after' } };
    const added = { ...fault, id: 1, times: null, injected: 0 };
    expect(call('POST', '/sim/faults', JSON.stringify(fault))).toEqual({ status: 201, body: added });
    state.faults.take('GET', '/x');
    expect(call('GET', '/sim/faults').body).toEqual({ paused: null, faults: [{ ...added, injected: 1 }] });
    expect(call('DELETE', '/sim/faults').body).toEqual({ removed: 1 });
  });

  test('pause, resume and restart', () => {
    expect(call('POST', '/sim/pause').status).toBe(204);
    expect(state.paused).toBe('hang');
    call('POST', '/sim/pause', '{"mode":"reset"}');
    expect(state.paused).toBe('reset');
    expect(call('POST', '/sim/pause', '{"mode":"nap"}').status).toBe(400);
    call('POST', '/sim/resume');
    expect(state.paused).toBeNull();
    expect([call('POST', '/sim/restart').status, state.restarts]).toEqual([204, 1]);
  });

  test('a simulator has routes of its own; others are 404, and a body that is not JSON is 400', () => {
    expect(call('PUT', '/sim/own').body).toBe('PUT');
    expect(call('GET', '/sim/nothing').status).toBe(404);
    expect(call('POST', '/sim/faults', '{').status).toBe(400);
    expect(administer(state, own, 'POST', '/sim/faults', null).status).toBe(400);
  });
});

describe('the log of requests', () => {
  const one = { method: 'GET', template: '/x', bytesIn: 1, bytesOut: 2, status: 200 };

  test('the list of single requests is bounded, the totals are not', () => {
    const log = new RequestLog({ capacity: 3 });
    for (let i = 1; i <= 10; i++) log.note({ ...one, path: `/${i}` });
    expect(log.recent().map(({ seq, path }) => `${seq} ${path}`)).toEqual(['8 /8', '9 /9', '10 /10']);
    expect(log.summary()).toEqual({ requests: 10, writes: 0, bytes_in: 10, bytes_out: 20 });
    log.clear();
    expect([log.recent(), log.summary().requests]).toEqual([[], 0]);
  });

  test('counts per method and template, by status, and what was written', () => {
    const log = new RequestLog({ isWrite: (method, template) => method === 'PUT' && template === '/x' });
    for (const method of ['PUT', 'GET']) log.note({ ...one, method });
    log.note({ ...one, template: '/a', method: 'PUT', status: 0 });
    expect(log.counters()).toMatchObject({
      writes: 1,
      endpoints: [
        { method: 'PUT', template: '/a', statuses: { 0: 1 } },
        { method: 'GET', template: '/x', requests: 1 },
        { method: 'PUT', template: '/x', statuses: { 200: 1 } },
      ],
    });
  });

  test('an entry has its arrival and how long it took', () => {
    const log = new RequestLog();
    log.note({ ...one, arrived: Date.now() - 1_000 });
    const [entry] = log.recent();
    expect(entry!.ms).toBeGreaterThan(900);
    expect(Math.abs(Date.parse(entry!.at) - entry!.epoch_ms)).toBeLessThanOrEqual(1);
  });
});
