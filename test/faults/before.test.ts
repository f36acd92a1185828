/** An error at every activity before its effect, once, at every step of a life: tried again, and all succeeds. */
import { startMatrix, tryFaults, report, type Matrix } from '../support/fault-matrix';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await startMatrix();
});
afterAll(() => matrix.rack.close());

test('an error before the effect of each activity', async () => {
  const tried = await tryFaults(
    matrix,
    matrix.steps.map((activity) => ({ activity, how: 'before' })),
  );
  report(tried);
  expect(tried.filter(({ hits }) => hits === 0)).toEqual([]);
}, 180_000);
