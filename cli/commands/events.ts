/** `rackcast events`: what was asked for and what became of it; and, for trials and repairs, a way to post events. */
import { Option, type Command } from 'commander';
import { answer, list, type Schemas } from '../api-client';
import { define, given, positive, type Session } from '../command';
import { table } from '../table';
import { facts, orNone, stateText, timeText } from '../words';
import { sendEvents } from './send-events';

type Event = Schemas['EventStatus'];

interface ListOptions {
  outcome?: Event['outcome'];
  instance?: string;
  kind?: Event['kind'];
  limit: number;
}

export function eventCommands(program: Command): void {
  const events = program.command('events').description('instance lifecycle events');
  define<ListOptions>(events, 'list', 'list events, newest first', listEvents)
    .addOption(
      new Option('--outcome <outcome>').choices([
        'pending',
        'running',
        'succeeded',
        'failed',
        'superseded',
        'stale',
        'disabled',
      ]),
    )
    .addOption(
      new Option('--kind <kind>').choices([
        'create',
        'start',
        'stop',
        'delete',
        'migrate',
        'reconfigure',
        'reboot',
        'fail',
      ]),
    )
    .option('--instance <id>')
    .option('--limit <n>', 'at most so many', positive, 50);
  define(events, 'view <event>', 'one event, by its id', viewEvent);
  define<{ file: string; wait?: true; timeout: number }>(events, 'send', 'post events', sendEvents)
    .requiredOption(
      '-f, --file <file>',
      'JSON: one event with its instance_id, a list, or {"items": […]}; - reads input',
    )
    .option('--wait', 'until each is over')
    .option('--timeout <seconds>', 'how long to wait', positive, 120);
}

async function listEvents({ api, showList }: Session, { outcome, instance, kind, limit }: ListOptions): Promise<void> {
  const filter = given({ outcome, instance, kind });
  const listed = await list(limit, (page) => answer(api.GET('/events', { params: { query: { ...page, ...filter } } })));
  showList(listed, (events) =>
    table(
      ['accepted', 'kind', 'instance', 'generation', 'outcome', 'seconds', 'event', 'reason'],
      events.map((event) => [
        timeText(event.time_accepted),
        event.kind,
        event.instance_id,
        event.generation,
        stateText(event.outcome),
        seconds(event),
        event.event_id,
        orNone(event.reason),
      ]),
      ['left', 'left', 'left', 'right', 'left', 'right'],
    ),
  );
}

async function viewEvent({ api, show }: Session, _options: object, id = ''): Promise<void> {
  const event = await answer(api.GET('/events/{event}', { params: { path: { event: id } } }));
  show(event, () =>
    facts([
      ['event', event.event_id],
      ['instance', event.instance_id],
      ['kind', `${event.kind}, generation ${event.generation}`],
      ['outcome', stateText(event.outcome)],
      ['reason', event.reason],
      ['groups', event.groups.join(' ')],
      ['workflow', event.workflow_id],
      ['run', event.run_id],
      ['accepted', timeText(event.time_accepted)],
      ['claimed', timeText(event.time_claimed)],
      ['applied', timeText(event.time_applied)],
      ['finished', timeText(event.time_finished)],
    ]),
  );
}

/** From acceptance to the end. */
function seconds({ time_accepted: from, time_finished: to }: Event): string {
  return to === null ? orNone(null) : ((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(2);
}
