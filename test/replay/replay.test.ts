/** Every recorded history replays with the workflows as they are now; every workflow type, and every outcome of it, has one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime, Worker } from '@temporalio/worker';
import * as workflows from '../../workflows';
import { historyFromText } from '../support/history-file';
import { workflowBundle } from '../support/servers';
import { REQUIRED } from './scenes';

afterAll(() => Runtime.instance().shutdown());

const folder = join(__dirname, 'histories');
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

test('every workflow type has a recorded history', () => {
  const recorded = new Set(files.map((file) => file.split('.')[0]));
  expect(Object.keys(workflows).filter((type) => !recorded.has(type))).toEqual([]);
});

test('every outcome that there is has one', () => {
  expect(files.map((file) => file.replace(/\.json$/, '')).toSorted()).toEqual(REQUIRED);
});

test('all histories replay', async () => {
  const histories = files.map((file) => {
    const history = historyFromText(readFileSync(join(folder, file), 'utf8'));
    const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? file;
    return { workflowId, history };
  });
  const failures: string[] = [];
  let replayed = 0;
  for await (const result of Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories)) {
    if (result.error !== undefined) failures.push(`${files[replayed]}: ${result.error.message}`);
    replayed += 1;
  }
  expect(failures).toEqual([]);
  expect(replayed).toBe(files.length);
});
