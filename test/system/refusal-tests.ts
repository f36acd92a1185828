/** Starts that cannot work end with one clear line each, and disturb nobody. */
import { mkdirSync, rmSync } from 'node:fs';
import { Launched, processesOf, temporaryFolder } from './launch';
import type { SystemStack } from './stack';

export function refusalTests(stack: () => SystemStack): void {
  async function refused(
    more: Record<string, string>,
    dataDir = temporaryFolder(),
  ): Promise<[number | null, string[]]> {
    const launched = new Launched({ ...stack().settings, dataDir, more });
    const code = await launched.ended;
    if (dataDir !== stack().settings.dataDir) {
      expect(processesOf(dataDir)).toEqual([]);
      rmSync(dataDir, { recursive: true, force: true });
    }
    // The display's own mark of the step that failed, where there is no terminal to draw on.
    return [code, launched.errors.split('\n').filter((line) => line !== '' && !line.includes('[FAILED'))];
  }

  test('a port in use', async () => {
    const { portBase } = stack().settings;
    expect(await refused({})).toEqual([
      1,
      [expect.stringMatching(`^rackcast: port ${portBase} .* in use .*RACKCAST_EXTERNAL_API`)],
    ]);
  });

  test('the same data as a stack that runs', async () => {
    const [code, lines] = await refused({}, stack().settings.dataDir);
    expect([code, lines]).toEqual([1, [expect.stringMatching(/^rackcast: a stack already runs on /)]]);
  });

  test('a wrong setting', async () => {
    expect(await refused({ RACKCAST_RECONCILE_EVERY: 'soon' })).toEqual([
      2,
      [expect.stringMatching(/^rackcast: RACKCAST_RECONCILE_EVERY=soon: must be a duration/)],
    ]);
    expect(await refused({ DATABASE_URL: 'mysql://x' })).toEqual([
      2,
      [expect.stringMatching(/^rackcast: DATABASE_URL: must start with postgres/)],
    ]);
  });

  test('a folder that cannot be written to', async () => {
    const folder = temporaryFolder();
    mkdirSync(`${folder}/lock`);
    const [code, lines] = await refused({}, folder);
    expect([code, lines.length]).toEqual([1, 1]);
  });
}
