/** What Temporal itself tells of a schedule's runs: a report, a run under way, a pause; over a real server. */
import { randomUUID } from 'node:crypto';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createTemporal, type Temporal } from '../../temporal/client';
import { until } from '../support/rack';
import { temporalAddress, workflowBundle } from '../support/servers';

const taskQueue = `test-${randomUUID()}`;
const scheduleId = `reconcile-${randomUUID()}`;
let connection: NativeConnection;
let temporal: Temporal;

beforeAll(async () => {
  connection = await NativeConnection.connect({ address: temporalAddress() });
  temporal = createTemporal({ connection, namespace: 'default', taskQueue });
  await temporal.client.schedule.create({
    scheduleId,
    spec: { intervals: [{ every: '1 day' }] },
    action: { type: 'startWorkflow', workflowType: 'reconcile', workflowId: scheduleId, taskQueue },
    state: { paused: true, note: 'by hand' },
  });
});

afterAll(async () => {
  await temporal.client.schedule.getHandle(scheduleId).delete();
  await connection.close();
  await Runtime.instance().shutdown();
});

const runs = () => temporal.scheduleRuns(scheduleId, 5);

test('nothing has run, and it is paused', async () => {
  expect(await runs()).toMatchObject({ paused: true, note: 'by hand', runs: [] });
});

test('a run under way is told without its worker, and its report when it is done', async () => {
  await temporal.trigger(scheduleId);
  const [running] = await until('the run', async () => {
    const { runs: found } = await runs();
    return found.length > 0 && found;
  });
  expect(running).toMatchObject({ status: 'running', timeFinished: null, details: null, result: null, error: null });

  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { isEnabled: async () => false },
  });
  const [ended] = await worker.runUntil(
    until('its end', async () => {
      const { runs: found } = await runs();
      return found[0]?.status === 'completed' && found;
    }),
  );
  expect(ended).toMatchObject({
    runId: running!.runId,
    result: { disabled: true, errors: [] },
    timeFinished: expect.any(Date),
  });
});

test('a schedule that is not there is an error of its own', async () => {
  await expect(temporal.scheduleRuns(randomUUID(), 5)).rejects.toMatchObject({ name: 'ScheduleNotFoundError' });
});
