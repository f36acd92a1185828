/** Every activity is executed twice at every call: the result of the first was lost, or two workers had it. Nothing differs. */
import { leftOut, MODES, startMatrix, tryFaults, type Matrix } from '../support/fault-matrix';

describe.each(MODES)('%s', (mode) => {
  let matrix: Matrix;
  beforeAll(async () => {
    matrix = await startMatrix(mode);
  });
  afterAll(async () => {
    matrix.tally.print(`calls repeated, ${mode}`);
    await matrix.rack.close();
  });

  test('each activity twice, one life for each', async () => {
    const wrong = await tryFaults(
      matrix,
      matrix.steps.map((activity) => ({ activity, how: 'twice', times: Infinity })),
    );
    expect(wrong).toEqual([]);
  }, 300_000);

  test('no activity is left out', () => {
    expect(leftOut(matrix)).toEqual([]);
  });
});
