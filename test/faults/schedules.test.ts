/** Reconciliation, health and the return of a switch, each of their activities with a fault, while all of them have something to do. */
import { startRack, type TestRack } from '../support/rack';
import { Injector, type Fault } from '../support/injector';
import { expectInvariants } from '../support/invariants';
import { SCHEDULED } from '../support/other-steps';
import { disorder } from '../support/out-of-order';
import { Tally } from '../support/tally';

const HOWS: [string, Fault['how'], Partial<Fault>][] = [
  ['before', 'before', {}],
  ['after', 'after', {}],
  ['twice', 'twice', { times: Infinity }],
  ['before, for good', 'before', { terminal: true }],
  ['after, for good', 'after', { terminal: true }],
  ['cancelled', 'cancelled', {}],
];

const injector = new Injector();
const tally = new Tally(HOWS.map(([name]) => name));
let rack: TestRack;
beforeAll(async () => {
  rack = await startRack({ wrap: injector.wrap });
  await rack.bringUp();
});
afterAll(async () => {
  tally.print('schedules');
  await rack.close();
});

test.each(HOWS)(
  '%s',
  async (name, how, more) => {
    injector.clear();
    injector.cancel = (workflowId) => rack.temporal.client.workflow.getHandle(workflowId).cancel();
    const restored = await disorder(rack, injector);
    const faults = SCHEDULED.map((activity) => injector.add({ activity, how, ...more }));
    // A pass that a fault has ended is followed by the next, until every fault has hit.
    for (let pass = 0; pass < faults.length && faults.some((fault) => fault.injected === 0); pass++) {
      await rack.run('switchHealth').catch(() => undefined);
      await rack.run('reconcile').catch(() => undefined);
    }
    await restored();
    await expectInvariants(rack);
    for (const { activity, injected } of faults) tally.add(activity, name, injected);
    expect(faults.filter((fault) => fault.injected === 0)).toEqual([]);
  },
  90_000,
);
