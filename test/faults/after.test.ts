/** An error at every activity after its effect, once (the result is lost), at every step of a life: tried again, and all succeeds. */
import { leftOut, MODES, startMatrix, tryFaults, type Matrix } from '../support/fault-matrix';

describe.each(MODES)('%s', (mode) => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(mode);
  });
  afterAll(async () => {
    matrix.tally.print(`errors after the effect, ${mode}`);
    await matrix.rack.close();
  });

  test('an error after the effect of each activity', async () => {
    const wrong = await tryFaults(
      matrix,
      matrix.steps.map((activity) => ({ activity, how: 'after' })),
    );
    expect(wrong).toEqual([]);
  }, 300_000);

  test('no activity is left out', () => {
    expect(leftOut(matrix)).toEqual([]);
  });
});
