/** An activity that ends for good with an error, after its effect or before: whatever the event becomes, nothing half-made stays. */
import { startMatrix, tryFaults, report, type Matrix } from '../support/fault-matrix';
import { LIFE } from '../support/lives';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await startMatrix();
});
afterAll(() => matrix.rack.close());

/** Whoever was not told reads the rows when its wait reaches its bound; that takes longer than a test should. */
const UNTOLD = new Set(['commitRound', 'tellWaiters']);
const steps = LIFE.filter((step) => ['create', 'start', 'migrate', 'stop'].includes(step.name));

test.each(['before', 'after'] as const)(
  'the end of each activity %s its effect',
  async (how) => {
    const tried = await tryFaults(
      matrix,
      matrix.steps.filter((activity) => !UNTOLD.has(activity)).map((activity) => ({ activity, how, terminal: true })),
      { steps, mayFail: true },
    );
    report(tried);
    expect(tried.filter(({ hits, fault }) => hits === 0 && fault.activity !== 'wakeGroup')).toEqual([]);
  },
  180_000,
);
