/** `rackcast switches`: which are in service, and why one is not. */
import type { Command } from 'commander';
import { answer, list } from '../api-client';
import { define, type Session } from '../command';
import { findSwitch } from '../select';
import { table } from '../table';
import { facts, orNone, stateText, timeText } from '../words';
import { driftTable } from './drift';

/** More than a rack has. */
const MOST = 100;

export function switchCommands(program: Command): void {
  const switches = program.command('switches').description('switches and whether they are in service');
  define(switches, 'list', 'list switches', listSwitches);
  define(switches, 'view <switch>', 'one switch, by name, slot or id, with its open drift', viewSwitch);
}

async function listSwitches({ api, showList }: Session): Promise<void> {
  const listed = await list(MOST, (query) => answer(api.GET('/switches', { params: { query } })));
  showList(listed, (switches) =>
    table(
      ['switch', 'service', 'since', 'address', 'API', 'last seen', 'last error'],
      switches
        .toSorted((a, b) => a.slot - b.slot)
        .map((each) => [
          each.name,
          stateText(each.service),
          timeText(each.time_service_changed),
          each.dpd_address,
          orNone(each.api_version),
          timeText(each.time_last_seen),
          orNone(each.last_error),
        ]),
    ),
  );
}

async function viewSwitch({ api, show }: Session, _options: object, text = ''): Promise<void> {
  const found = await findSwitch(api, text);
  const query = { switch: found.id, open: true, limit: 1_000 };
  const drift = (await answer(api.GET('/drift', { params: { query } }))).items;
  show({ ...found, drift }, () =>
    [
      facts([
        ['switch', found.name],
        ['id', found.id],
        ['address', found.dpd_address],
        ['service', stateText(found.service)],
        ['since', timeText(found.time_service_changed)],
        ['API version', found.api_version],
        ['multicast', found.multicast ? 'yes' : 'its daemon was built without'],
        ['failed checks', found.failures],
        ['last seen', timeText(found.time_last_seen)],
        ['last error', found.last_error],
      ]),
      ...(drift.length === 0 ? [] : [`\n\nDrift\n${driftTable(drift)}`]),
    ].join(''),
  );
}
