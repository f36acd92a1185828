/** Every activity is executed twice at every call: the result of the first was lost, or two workers had it. Nothing differs. */
import { startMatrix, tryFaults, report, type Matrix } from '../support/fault-matrix';
import { expectInvariants } from '../support/invariants';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await startMatrix();
});
afterAll(() => matrix.rack.close());

test('each activity twice, one life for each', async () => {
  const tried = await tryFaults(
    matrix,
    matrix.steps.map((activity) => ({ activity, how: 'twice', times: Infinity })),
  );
  report(tried);
  expect(tried.filter(({ hits }) => hits === 0)).toEqual([]);
}, 180_000);

test('all activities twice, those of reconciliation and health too', async () => {
  const { rack, injector } = matrix;
  const everything = Object.keys(rack.activities) as (typeof matrix.steps)[number][];
  const faults = everything.map((activity) => injector.add({ activity, how: 'twice', times: Infinity }));
  await rack.restartSwitch(1);
  await rack.run('switchHealth');
  await rack.run('reconcile');
  await expectInvariants(rack);
  const hit = faults.filter((fault) => fault.injected > 0).map((fault) => fault.activity);
  expect(hit).toEqual(expect.arrayContaining(['checkSwitches', 'resyncSwitch', 'compareSwitch', 'redeliver']));
});
