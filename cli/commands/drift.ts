/** `rackcast drift`: what switches hold otherwise than they acknowledged. Exit code 3 when there is any, so that a monitor can call it. */
import type { Command } from 'commander';
import { answer, list, type Schemas } from '../api-client';
import { define, given, positive, type Session } from '../command';
import { EXIT, type ExitCode } from '../failure';
import { findSwitch, groupId } from '../select';
import { table } from '../table';
import { orNone, timeText } from '../words';

interface Options {
  switch?: string;
  group?: string;
  all?: true;
  limit: number;
}

export function driftCommand(program: Command): void {
  define<Options>(program, 'drift', 'differences that are not repaired; exit code 3 if there are any', listDrift)
    .option('--switch <name|slot|id>')
    .option('--group <name|address|id>')
    .option('--all', 'repaired ones too')
    .option('--limit <n>', 'at most so many', positive, 500);
}

async function listDrift({ api, showList }: Session, options: Options): Promise<ExitCode> {
  const filter = given({
    open: options.all === true ? undefined : true,
    switch: options.switch === undefined ? undefined : (await findSwitch(api, options.switch)).id,
    group: options.group === undefined ? undefined : await groupId(api, options.group),
  });
  const listed = await list(options.limit, (page) =>
    answer(api.GET('/drift', { params: { query: { ...page, ...filter } } })),
  );
  showList(listed, driftTable);
  return listed.items.some((drift) => drift.time_repaired === null) ? EXIT.drift : EXIT.ok;
}

export function driftTable(items: Schemas['Drift'][]): string {
  return table(
    ['switch', 'group', 'address', 'kind', 'port', 'detail', 'found', 'repaired', 'by'],
    items.map((drift) => [
      drift.switch_name ?? drift.switch_id,
      drift.group_name ?? drift.group_id,
      drift.group_ip,
      drift.kind,
      orNone(drift.port),
      drift.detail,
      timeText(drift.time_found),
      timeText(drift.time_repaired),
      orNone(drift.repaired_by),
    ]),
  );
}
