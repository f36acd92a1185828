/** The schedules of `temporal-dev.yaml`: kept current at every start, and an operator's pause outlives them all. */
import { randomUUID } from 'node:crypto';
import type { Client, Connection } from '@temporalio/client';
import { registerNamespace } from '../../cli/stack/register';
import { connectTemporal } from '../../cli/stack/temporal-client';
import { developmentNamespace, type DevelopmentNamespace } from '../../cli/stack/temporal-dev';
import { scheduleRuns } from '../../temporal/schedule-runs';
import { until } from '../support/rack';
import { temporalAddress } from '../support/servers';

const described = developmentNamespace();
/** The same schedule under a name of its own: other tests use the same server. */
const id = `reconcile-${randomUUID()}`;
let client: Client;

beforeAll(async () => {
  client = await connectTemporal({ address: temporalAddress() }, 'default');
});
afterAll(async () => {
  await client.schedule
    .getHandle(id)
    .delete()
    .catch(() => undefined);
  await (client.connection as Connection).close();
});

type Schedule = DevelopmentNamespace['schedules'][string];

const register = (change: Partial<Schedule> = {}, taskQueue = 'nobody-polls') =>
  registerNamespace(client, {
    settings: { ...described, schedules: { [id]: { ...described.schedules['reconcile']!, ...change } } },
    taskQueue,
    namespace: 'default',
    reconcileEvery: undefined,
    ours: false,
  });

const describeSchedule = () => client.schedule.getHandle(id).describe();

test('what the file says is registered: every 60 s with jitter, one pass at a time, one period caught up', async () => {
  await register();
  const { spec, policies, action, state } = await describeSchedule();
  expect(spec.intervals).toEqual([expect.objectContaining({ every: 60_000 })]);
  expect(spec.jitter).toBe(5_000);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
  expect(action).toMatchObject({ workflowType: 'reconcile', taskQueue: 'nobody-polls' });
  expect(state.paused).toBe(false);
});

test('a file that says otherwise at the next start changes the schedule', async () => {
  await register({ every: 90_000, jitter: 1_000 }, 'another');
  const { spec, action } = await describeSchedule();
  expect([spec.intervals?.[0]?.every, spec.jitter]).toEqual([90_000, 1_000]);
  expect(action).toMatchObject({ taskQueue: 'another' });
});

test('paused stays paused, with its note, whatever the file says; triggered by hand it runs all the same', async () => {
  const handle = client.schedule.getHandle(id);
  await handle.pause('maintenance');
  await register({ every: 30_000 });
  expect(await scheduleRuns(client, id, 1)).toMatchObject({ paused: true, note: 'maintenance', runs: [] });
  expect((await describeSchedule()).spec.intervals?.[0]?.every).toBe(30_000);
  await handle.trigger();
  const [run] = await until('the run', async () => {
    const { runs } = await scheduleRuns(client, id, 1);
    return runs.length > 0 && runs;
  });
  expect(run?.status).toBe('running');
  await client.workflow.getHandle(run!.workflowId).terminate();
  expect((await describeSchedule()).state.paused).toBe(true);
});
