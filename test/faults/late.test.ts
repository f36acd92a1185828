/** The worker dies during every activity at once, another one carries on, and at the end the dead one does what it was about to do. */
import { MODES, startMatrix, type Matrix } from '../support/fault-matrix';
import { killDuringEach } from '../support/killed-worker';

describe.each(MODES)('%s', (mode) => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(mode);
  });
  afterAll(async () => {
    matrix.tally.print(`worker late, ${mode}`);
    await matrix.rack.close();
  });

  test('a worker that dies during each activity', async () => {
    expect(await killDuringEach(matrix, 'before')).toEqual([]);
  }, 240_000);
});
