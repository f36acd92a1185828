/** Single posts that come together share acceptance transactions, and none of them spoils it for the others. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { createInbox, type Inbox } from '../../api/inbox';
import { openDatabase, type Database } from '../../db/client';
import { setMulticastEnabled } from '../../db/runtime-config';
import type { LifecycleEvent } from '../../domain/events';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { addProject, until } from '../support/rack';

let database: TestDatabase;
let opened: Database;
let projectId: string;
let inbox: Inbox;
beforeAll(async () => {
  database = await createTestDatabase();
  opened = openDatabase(database.url);
  await setMulticastEnabled(opened.db, true);
  projectId = await addProject(opened.db);
  inbox = createInbox(opened.db);
});
afterAll(async () => {
  await opened.close();
  await database.drop();
});
afterEach(() => jest.restoreAllMocks());

const creating = (name = `vm-${randomUUID()}`) =>
  ({
    instanceId: randomUUID(),
    event: { event_id: randomUUID(), generation: 1, kind: 'create', project_id: projectId, name, multicast_groups: [] },
  }) satisfies { instanceId: string; event: LifecycleEvent };
const stopping = (instanceId: string, generation: number) => ({
  instanceId,
  event: { event_id: randomUUID(), generation, kind: 'stop' } satisfies LifecycleEvent,
});
const accept = (posted: { instanceId: string; event: LifecycleEvent }) =>
  inbox.accept(posted).then((acceptance) => acceptance.outcome);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const created = async (): Promise<string> => {
  const posted = creating();
  expect(await accept(posted)).toBe('accepted');
  return posted.instanceId;
};
const storedOf = async (instanceId: string) => {
  const rows = await opened.db.execute<{ generation: number; state: string }>(sql`
    select generation, state from instance_event where instance_id = ${instanceId} order by sequence`);
  return [...rows].map(({ generation, state }) => `${generation} ${state}`);
};

test('a hundred posts at once take a handful of transactions; a lone one takes its own', async () => {
  const transactions = jest.spyOn(opened.db, 'transaction');
  expect(new Set(await Promise.all(times(100, () => accept(creating()))))).toEqual(new Set(['accepted']));
  expect(transactions.mock.calls.length).toBeLessThanOrEqual(4);
  transactions.mockClear();
  expect(await accept(creating())).toBe('accepted');
  expect(transactions).toHaveBeenCalledTimes(1);
});

test('an instance that somebody holds delays its own post alone', async () => {
  const [held, free] = [await created(), await created()];
  const other = openDatabase(database.url, 1);
  let release = (): void => undefined;
  const holding = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isHeld = false;
  const holder = other.db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from instance where id = ${held} for update`);
    isHeld = true;
    await holding;
  });
  await until('it is held', () => isHeld);
  let answered = false;
  const late = accept(stopping(held, 2)).finally(() => {
    answered = true;
  });
  const others = [accept(stopping(free, 2)), ...times(20, () => accept(creating()))];
  expect(new Set(await Promise.all(others))).toEqual(new Set(['accepted']));
  expect([answered, await storedOf(held)]).toEqual([false, ['1 pending']]);
  release();
  await holder;
  expect(await late).toBe('accepted');
  await other.close();
});

test('a post that its shared transaction fails on fails alone', async () => {
  const good = times(5, () => creating());
  const bad = creating('not\u0000a name');
  const [first, ...rest] = good;
  const answers = await Promise.allSettled([first!, bad, ...rest].map(accept));
  expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', ...rest.map(() => 'fulfilled')]);
  for (const { instanceId } of good) expect(await storedOf(instanceId)).toEqual(['1 pending']);
  expect(await storedOf(bad.instanceId)).toEqual([]);
});

test('a database that fails once for all of them: each is stored by itself', async () => {
  const transactions = jest.spyOn(opened.db, 'transaction').mockRejectedValueOnce(new Error('the connection is gone'));
  const posted = times(5, () => creating());
  expect(new Set(await Promise.all(posted.map(accept)))).toEqual(new Set(['accepted']));
  expect(transactions.mock.calls.length).toBeGreaterThan(1);
  for (const { instanceId } of posted) expect(await storedOf(instanceId)).toEqual(['1 pending']);
});

test('events of one instance that come together are stored in their order, whatever comes between them', async () => {
  const instances = await Promise.all(times(8, created));
  const posted = Array.from({ length: 12 }, (_, at) => at + 2).flatMap((generation) =>
    instances.map((instanceId) => stopping(instanceId, generation)),
  );
  // Not in one turn: while some are being stored, the next ones come.
  const answers: Promise<string>[] = [];
  for (const each of posted) {
    answers.push(accept(each));
    if (answers.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['accepted']));
  const wanted = Array.from({ length: 13 }, (_, at) => `${at + 1} pending`);
  for (const instanceId of instances) expect(await storedOf(instanceId)).toEqual(wanted);
});
