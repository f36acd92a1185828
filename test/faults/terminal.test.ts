/** An activity that ends for good with an error, before its effect or after: whatever the event becomes, nothing half-made stays. */
import { startMatrix, tryFaults, type Matrix } from '../support/fault-matrix';
import { LIFE } from '../support/lives';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await startMatrix('visible steps');
});
afterAll(async () => {
  matrix.tally.print('errors for good');
  await matrix.rack.close();
});

const steps = LIFE.filter((step) => ['create', 'start', 'update', 'migrate', 'stop'].includes(step.name));

test('the end of each activity before its effect and after it', async () => {
  const wrong = await tryFaults(
    matrix,
    matrix.steps.flatMap((activity) => [
      { activity, how: 'before', terminal: true },
      { activity, how: 'after', terminal: true },
    ]),
    { steps, mayFail: true },
  );
  expect(wrong).toEqual([]);
}, 300_000);
