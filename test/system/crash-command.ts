/** `npm run crash -- --kills N --events M --seed S`: the same as the short test, as long as wanted, with what it is doing and a table. */
import { Command } from 'commander';
import { Listr } from 'listr2';
import { table } from '../../cli/table';
import { crash, type CrashPlan, type CrashResult } from './crash';
import { SystemStack } from './stack';

const program = new Command('crash')
  .description('Kills parts of a whole stack while events are posted, and checks that nothing is lost.')
  .option('--kills <n>', 'how many', whole, 30)
  .option('--events <n>', 'about how many lifecycle events', whole, 400)
  .option('--seed <n>', 'what is killed and posted, and in which order', whole, Date.now() % 1_000_000)
  .action(run);

interface Context {
  stack: SystemStack;
  result: CrashResult;
  left: string[];
}

async function run(plan: CrashPlan): Promise<void> {
  const started = performance.now();
  const context = {} as Context;
  process.stdout.write(`seed ${plan.seed}\n`);
  try {
    await new Listr<Context>(
      [
        { title: 'a stack', task: async () => void (context.stack = await SystemStack.start()) },
        {
          title: `${plan.kills} kills, ${plan.events} events`,
          task: async (_, task) => {
            context.result = await crash(context.stack, plan, ({ posted, killed, doing }) => {
              task.title = `${killed} of ${plan.kills} kills, ${posted} of ${plan.events} events`;
              task.output = doing;
            });
          },
        },
      ],
      { fallbackRenderer: 'simple', fallbackRendererCondition: !process.stdout.isTTY },
    ).run();
    context.left = (await context.stack.stop()).left;
  } finally {
    await context.stack?.end();
  }
  show(plan, context, performance.now() - started);
}

function show(plan: CrashPlan, { result, left }: Context, ms: number): void {
  const { kills, outcomes, reasons, posted, instances, lost, faults } = result;
  const rows: (string | number)[][] = [
    ['seed', plan.seed],
    ...Object.entries(kills).map(([part, count]) => [`kill -9 ${part}`, count]),
    ['events posted', posted],
    ['instances', instances],
    ...Object.entries(outcomes).map(([outcome, count]) => [outcome, count]),
    ['lost', lost.length],
    ['rows, switches and sleds match', faults.length === 0 ? 'yes' : 'NO'],
    ['processes left', left.length],
    ['seconds', Math.round(ms / 1_000)],
  ];
  process.stdout.write(`\n${table([], rows, ['left', 'right'])}\n`);
  const wrong = [...lost.map((event) => `lost: ${event}`), ...faults, ...left.map((each) => `left: ${each}`)];
  // A failed event is an answer, not a loss; the reasons tell what the outage cost.
  for (const reason of new Set(reasons)) process.stdout.write(`failed: ${reason}\n`);
  for (const line of wrong) process.stdout.write(`${line}\n`);
  if (wrong.length > 0) process.exitCode = 1;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`not a whole number: ${text}`);
  return value;
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`crash: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
