/**
 * Records the histories that replay.test.ts replays and that are not there yet: `RACKCAST_RECORD=1 npx jest test/replay/record`. Not a test
 * otherwise.
 *
 * A file is never written anew: a change of a workflow keeps to what is recorded, with `patched()`, and what a new build does otherwise
 * gets a name, a scene and a file of its own.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToText } from '../support/history-file';
import { Injector } from '../support/injector';
import { startRack } from '../support/rack';
import { recording } from '../support/servers';
import { SCENES } from './scenes';

const folder = join(__dirname, 'histories');
const fileOf = (name: string) => join(folder, `${name}.json`);

const record = recording() ? test : test.skip;

// oxlint-disable-next-line jest/no-standalone-expect, jest/expect-expect -- a command, run as a test
record(
  'records what is missing',
  async () => {
    mkdirSync(folder, { recursive: true });
    for (const scene of SCENES.filter(({ names }) => names.some((name) => !existsSync(fileOf(name))))) {
      const injector = new Injector();
      const rack = await startRack({ wrap: injector.wrap, visibleSteps: false });
      try {
        await rack.bringUp();
        for (const { name, workflowId, runId } of await scene.play({ rack, injector })) {
          if (existsSync(fileOf(name))) continue;
          const history = await rack.temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
          writeFileSync(fileOf(name), historyToText(history), { flag: 'wx' });
          process.stdout.write(`${name}: ${history.events?.length} events\n`);
        }
      } finally {
        await rack.close();
      }
    }
  },
  900_000,
);
