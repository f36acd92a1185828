/** The workflow is cancelled during each of its activities: whatever the event becomes, it has an outcome, and nothing half-made stays. */
import { MODES, startMatrix, tryFaults, type Matrix } from '../support/fault-matrix';

describe.each(MODES)('%s', (mode) => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(mode);
  });
  afterAll(async () => {
    matrix.tally.print(`workflows cancelled, ${mode}`);
    await matrix.rack.close();
  });

  test('cancelled during each activity', async () => {
    const wrong = await tryFaults(
      matrix,
      matrix.steps.map((activity) => ({ activity, how: 'cancelled' })),
      { mayFail: true },
    );
    expect(wrong).toEqual([]);
  }, 300_000);
});
