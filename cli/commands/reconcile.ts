/** `rackcast reconcile`: starts a pass, and with `--wait` follows it to its report; `--last` shows the last ones instead. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { answer, type InternalApi, type Schemas } from '../api-client';
import { define, positive, type Session } from '../command';
import { CommandError, EXIT, type ExitCode } from '../failure';
import { table } from '../table';
import { facts, orNone, section, stateText, timeText } from '../words';

type Run = Schemas['ReconcileRun'];

interface Options {
  wait?: true;
  last?: true;
  timeout: number;
}

const LOOK_EVERY_MS = 500;

export function reconcileCommand(program: Command): void {
  define<Options>(program, 'reconcile', 'compare every switch with the database now', reconcile)
    .option('--wait', 'until it is done, and show its report')
    .option('--last', 'start nothing: show the last reports, and whether it is paused')
    .option('--timeout <seconds>', 'how long to wait', positive, 300);
}

async function reconcile(session: Session, { wait, last, timeout }: Options): Promise<ExitCode> {
  const { api, json, show } = session;
  if (last === true) return showLast(session);
  if (wait !== true) {
    const triggered = await answer(api.POST('/reconcile'));
    show(triggered, () => '  started; --wait shows what it does, --last its report');
    return EXIT.ok;
  }
  let run: Run | undefined;
  const steps = new Listr(
    [
      {
        title: 'Reconcile',
        task: async (_, task) => {
          run = await follow(api, timeout, (line) => (task.output = line));
        },
      },
    ],
    {
      silentRendererCondition: json,
      fallbackRenderer: 'simple',
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false },
    },
  );
  await steps.run();
  if (run === undefined) throw new CommandError('the pass was not seen');
  const ended = run;
  show(ended, () => reportText(ended));
  return ended.report !== null && ended.report.errors.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Triggers, and waits for the end of a run that was not there before: the one under way may have looked already. */
async function follow(api: InternalApi, timeout: number, progress: (line: string) => void): Promise<Run> {
  const deadline = Date.now() + timeout * 1_000;
  const before = new Set((await answer(api.GET('/reconcile'))).runs.map(({ run_id: id }) => id));
  await answer(api.POST('/reconcile'));
  for (;;) {
    const { runs } = await answer(api.GET('/reconcile'));
    // The oldest new one is ours; a later one of the schedule's may follow it.
    const ours = runs.findLast(({ run_id: id }) => !before.has(id));
    if (ours !== undefined && ours.status !== 'running') return ours;
    progress(ours === undefined ? 'waiting for the pass under way' : progressText(ours));
    if (Date.now() > deadline) throw new CommandError(`not done after ${timeout} s; --last shows its report later`);
    await pause(LOOK_EVERY_MS);
  }
}

/** The run's details are a heading with a table of what it has counted so far. */
function progressText({ details }: Run): string {
  if (details === null) return 'running';
  const step = /\*\*(.+?)\*\*/.exec(details)?.[1] ?? 'running';
  const counted = [...details.matchAll(/\| (\w+) \| (\d+) \|/g)].map(([, name, count]) => `${words(name!)} ${count}`);
  return [step, ...counted].join(', ');
}

async function showLast({ api, show }: Session): Promise<ExitCode> {
  const status = await answer(api.GET('/reconcile'));
  show(status, () => {
    const [newest] = status.runs.filter(({ status: state }) => state !== 'running');
    const state = status.paused ? `paused${status.note === null ? '' : `: ${status.note}`}` : 'scheduled';
    return [
      facts([
        ['reconciliation', state],
        ['next', timeText(status.time_next)],
      ]),
      section(
        'Runs',
        ['started', 'finished', 'status', 'different', 'repaired', 'errors', 'workflow'],
        status.runs.map((run) => [
          timeText(run.time_started),
          timeText(run.time_finished),
          stateText(run.status),
          orNone(run.report?.groups_different),
          orNone(run.report?.groups_repaired),
          orNone(run.report?.errors.length),
          run.workflow_id,
        ]),
      ),
      ...(newest === undefined ? [] : [`\n\nThe newest report\n${reportText(newest)}`]),
    ].join('');
  });
  return EXIT.ok;
}

function reportText({ status, report, error }: Run): string {
  if (report === null) return `  ${stateText(status)}: ${orNone(error)}`;
  if (report.disabled) return '  multicast is off: nothing was done';
  const counts = Object.entries(report).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const lines = (title: string, items: string[]) => items.map((item) => `\n  ${title}: ${item}`).join('');
  return (
    table(
      [],
      counts.map(([name, count]) => [words(name), count]),
      ['left', 'right'],
    ) +
    lines('skipped', report.skipped) +
    lines('error', report.errors)
  );
}

const words = (name: string) => name.replaceAll('_', ' ');
