/** `npm run simulate -- --programs N --seed S`: the properties of the tests over as many programs as wanted, and a table of what was tried. */
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';
import { table } from '../../../cli/table';
import { check } from './check';
import { loadOverReplacements } from './load';
import { DEFECTS, type Defect } from './stage';

const PROGRESS_EVERY = 5_000;

const command = new Command('simulate')
  .description('Plays random programs of events, faults and crashes against the real workflows and activities.')
  .option('--programs <n>', 'how many', Number, 10_000)
  .option('--seed <n>', 'of the programs', Number, Date.now() % 1_000_000)
  .option('--path <path>', 'of one failure, as it was printed')
  .option('--defect <name>', `a deliberate mistake: ${DEFECTS.join(', ')}`)
  .action(run);

async function run(options: { programs: number; seed: number; path?: string; defect?: Defect }): Promise<void> {
  const started = performance.now();
  const progress = (played: number) => {
    if (played % PROGRESS_EVERY === 0) process.stderr.write(`${played} programs\n`);
  };
  const { programs, steps, injected, counterexample } = await check(loadOverReplacements(), { ...options, progress });
  const seconds = (performance.now() - started) / 1_000;
  const rows: (string | number)[][] = [
    ['seed', options.seed],
    ['programs', programs],
    ['atomic steps', steps],
    ...[...injected].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ['seconds', Math.round(seconds)],
    ['programs per second', Math.round(programs / seconds)],
  ];
  process.stdout.write(`${table([], rows, ['left', 'right'])}\n`);
  if (counterexample === null) return;
  process.stdout.write(`\n${counterexample}\n`);
  process.exitCode = 1;
}

command.parseAsync().catch((error: unknown) => {
  process.stderr.write(`simulate: ${String(error)}\n`);
  process.exitCode = 1;
});
