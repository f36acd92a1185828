/**
 * Random programs of events, joins, faults, crashes and restarts, against the real workflows and activities in virtual time: once all is
 * quiet, rows, switches and sleds agree and nothing is owed. A failure prints the smallest program with its seed and path;
 * `npm run simulate -- --programs N --seed S [--path P]` plays it again, or any number of others.
 */
import { check } from '../support/simulation/check';
import { loadInJest } from '../support/simulation/load-in-jest';
import { missingInReplacements } from '../support/simulation/missing';
import { play } from '../support/simulation/play';
import { programsFor } from '../support/simulation/defects';
import { REGRESSIONS } from '../support/simulation/regressions';
import { DEFECTS } from '../support/simulation/stage';

// Deadlines in the activities' own code are of real time, which does not pass here.
jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
const loaded = loadInJest();

const FAULTS = [
  'crash',
  'crash with zombies',
  'result lost',
  'event redelivered',
  'database fails before',
  'database fails after',
  'database slow',
  'Temporal does not answer',
  'switch error before',
  'switch error after',
  'switch error torn',
  'switch error torn lost',
  'switch error lost',
  'switch error late',
  'switch restarts',
  'switch silent',
  'port refused',
  'drift',
  'sled error before',
  'sled error after',
  'sled error refused',
  'sled silent',
];

test('nothing that activities need of the database is left out', () => {
  expect(missingInReplacements((file) => jest.requireActual<object>(file))).toEqual([]);
});

test('every program comes to rest with everything right, and every kind of fault has hit', async () => {
  const { counterexample, programs, injected } = await check(loaded, { programs: 600, seed: 5 });
  expect(counterexample).toBeNull();
  expect(programs).toBe(600);
  expect(FAULTS.filter((kind) => !injected.has(kind))).toEqual([]);
});

test.each(REGRESSIONS)('$what', async ({ programs }) => {
  for (const program of programs) expect((await play(loaded, program)).faults).toEqual([]);
});

/** Each is switched on, and has to be found; without it the same programs are right. */
test.each(DEFECTS)('it is noticed: %s', async (defect) => {
  let noticed = 0;
  for (const program of programsFor(defect)) {
    expect((await play(loaded, program)).faults).toEqual([]);
    noticed += (await play(loaded, program, defect)).faults.length;
    if (noticed > 0) break;
  }
  expect(noticed).toBeGreaterThan(0);
});
