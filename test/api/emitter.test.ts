/** The emitter client: one event id through every retry, and refusals are not retried. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { createEmitter } from '../../api/client/emitter';
import { ApiError } from '../../api/client/http';
import { registerRack, startInternalApi, type InternalApi, type Rack } from '../support/internal-api';

let api: InternalApi;
let rack: Rack;

beforeAll(async () => {
  api = await startInternalApi();
  rack = await registerRack(api);
});
afterAll(() => api.close());

const create = (name: string) => ({
  kind: 'create' as const,
  generation: 1,
  project_id: rack.project,
  name,
  multicast_groups: ['g0'],
});

test('emits, asks, and waits for the outcome', async () => {
  const emitter = createEmitter({ address: api.base, token: api.token });
  const instance = randomUUID();
  const receipt = await emitter.emit(instance, create('one'));
  expect(receipt.outcome).toBe('accepted');
  const waiting = emitter.waitForOutcome(instance, receipt.event_id, { timeoutMs: 5_000 });
  await api.db.execute(
    sql`update instance_event set state = 'failed', reason = 'because', time_finished = now() where event_id = ${receipt.event_id}`,
  );
  expect(await waiting).toMatchObject({ outcome: 'failed', reason: 'because', kind: 'create' });

  const answers = await emitter.emitBatch([
    { instance_id: instance, kind: 'stop', generation: 2 },
    { instance_id: randomUUID(), kind: 'stop', generation: 2 },
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([202, 404]);
  const pending = await emitter.emit(instance, { kind: 'delete', generation: 3 });
  await expect(emitter.waitForOutcome(instance, pending.event_id, { timeoutMs: 100 })).rejects.toThrow(/still pending/);
});

test('a refusal is an error at once', async () => {
  const emitter = createEmitter({ address: new URL(api.base).host, token: api.token });
  const refusal = await emitter.emit(randomUUID(), { kind: 'stop', generation: 1 }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApiError);
  expect(refusal).toMatchObject({
    status: 404,
    errorCode: 'ObjectNotFound',
    message: expect.stringMatching(/^not found: instance/),
  });
});

describe('an unsteady server in between', () => {
  let unsteady: HttpServer;
  let address: string;
  const seen: string[] = [];
  const faults: ('drop' | 'late' | 429 | 503)[] = [];

  beforeAll(async () => {
    unsteady = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        seen.push((JSON.parse(body) as { event_id: string }).event_id);
        const fault = faults.shift();
        if (fault === 'drop') return void request.socket.destroy();
        if (fault === 429 || fault === 503) return void response.writeHead(fault).end('busy');
        const headers = { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' };
        void fetch(`${api.base}${request.url}`, { method: 'POST', headers, body }).then(async (answer) => {
          if (fault === 'late') request.socket.destroy();
          else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
        });
      });
    });
    await new Promise<void>((resolve) => unsteady.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(unsteady.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => unsteady.close(resolve)));

  test('the event id stays, so an answer that was lost is a duplicate', async () => {
    faults.push('drop', 429, 'late', 503);
    const receipt = await createEmitter({ address, token: api.token }).emit(randomUUID(), create('two'));
    expect(receipt.outcome).toBe('duplicate');
    expect(seen).toHaveLength(5);
    expect(new Set(seen)).toEqual(new Set([receipt.event_id]));
  });

  test('retries end', async () => {
    faults.push(...Array<503>(50).fill(503));
    const emitter = createEmitter({ address, token: api.token, retryForMs: 500 });
    await expect(emitter.emit(randomUUID(), create('three'))).rejects.toMatchObject({ status: 503 });
  });
});
