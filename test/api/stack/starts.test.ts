/** A hundred events posted one by one at once, over HTTP: few runs, and each answer names the run that really took the event. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expectInvariants } from '../../support/invariants';
import { startRunning, type Running } from '../../support/running';

let stack: Running;
beforeAll(async () => {
  stack = await startRunning();
});
afterAll(() => stack.close());

test('each answer names the run that took the event, and the runs are few', async () => {
  const group = await stack.group('together');
  const posted = Array.from({ length: 100 }, (_, at) => ({ instance: randomUUID(), name: `vm-${at}` }));
  const answers = await Promise.all(
    posted.map(({ instance, name }) => {
      const event = { event_id: randomUUID(), generation: 1, kind: 'create', project_id: stack.project.id, name };
      return stack.nexus('POST', `/instances/${instance}/events`, {
        body: { ...event, multicast_groups: [group.name] },
      });
    }),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
  const receipts = answers.map(({ body }) => body as { event_id: string; workflow_id: string });
  const refs = receipts.map(({ event_id: eventId }, at) => ({
    eventId,
    instanceId: posted[at]!.instance,
    generation: 1,
  }));
  expect(new Set(await stack.outcomes(refs))).toEqual(new Set(['succeeded']));
  const rows = await stack.db.execute<{ id: string; run: string }>(
    sql`select event_id as id, claimed_by as run from instance_event`,
  );
  const taken = new Map([...rows].map(({ id, run }) => [id, run]));
  expect(receipts.map((receipt) => receipt.workflow_id)).toEqual(
    receipts.map((receipt) => taken.get(receipt.event_id)),
  );
  expect(new Set(taken.values()).size).toBeLessThan(20);
  await expectInvariants(stack.rack);
});
