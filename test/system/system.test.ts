/**
 * The built stack as a person starts it, hurt in every way, stopped and started again: one stack for all of it, since a
 * start costs more than most tests. The order matters only at both ends.
 */
import { crashTests } from './crash-tests';
import { endTests } from './end-tests';
import { groupTests } from './group-tests';
import { inboxTests } from './inbox-tests';
import { outageTests } from './outage-tests';
import { systemFaults } from './inspect';
import { refusalTests } from './refusal-tests';
import { scenarioTests } from './scenario-tests';
import { SystemStack } from './stack';

let stack: SystemStack;
const running = () => stack;

beforeAll(async () => {
  stack = await SystemStack.start();
}, 900_000);
afterAll(() => stack?.end(), 120_000);

jest.setTimeout(180_000);

scenarioTests(running);
groupTests(running);
inboxTests(running);
refusalTests(running);
outageTests(running);
crashTests(running);
test('after all of that, every invariant holds', async () => {
  expect(await systemFaults(stack)).toEqual([]);
});
endTests(running);
