/**
 * Records the histories that replay.test.ts replays: `RACKCAST_RECORD=1 npx jest test/replay/record`. Not a test otherwise.
 *
 * A file is written anew only before a release has run the workflow it shows: after that a change of a workflow keeps to what is
 * recorded, with `patched()`, and the new branch gets a file of its own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToText } from '../support/history-file';
import { SCENES } from '../support/histories';
import { startRack } from '../support/rack';
import { recording } from '../support/servers';

const folder = join(__dirname, 'histories');

const record = recording() ? test : test.skip;

// oxlint-disable-next-line jest/no-standalone-expect, jest/expect-expect -- a command, run as a test
record(
  'records',
  async () => {
    const rack = await startRack();
    await rack.bringUp();
    mkdirSync(folder, { recursive: true });
    try {
      for (const scene of SCENES)
        for (const { name, workflowId, runId } of await scene(rack)) {
          const handle = rack.temporal.client.workflow.getHandle(workflowId, runId);
          await handle.result().catch(() => undefined);
          const history = await handle.fetchHistory();
          writeFileSync(join(folder, `${name}.json`), historyToText(history));
          process.stdout.write(`${name}: ${history.events?.length} events\n`);
        }
    } finally {
      await rack.close();
    }
  },
  300_000,
);
