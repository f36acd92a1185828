/** The worker dies during every activity at once, when its effect is there and nobody knows: another one carries on. */
import { MODES, startMatrix, type Matrix } from '../support/fault-matrix';
import { killDuringEach } from '../support/killed-worker';

describe.each(MODES)('%s', (mode) => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(mode);
  });
  afterAll(async () => {
    matrix.tally.print(`worker killed, ${mode}`);
    await matrix.rack.close();
  });

  test('a worker that dies during each activity', async () => {
    expect(await killDuringEach(matrix, 'after')).toEqual([]);
  }, 240_000);
});
