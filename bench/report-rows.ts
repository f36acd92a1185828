/** The set of the report: which benchmarks, with which sizes, and which of their figures are held against which aim. */

/** A benchmark's one line. */
export type Figures = Record<string, unknown>;

export interface Row {
  what: string;
  reached: string;
  aim: string;
  met: boolean;
}

interface Entry {
  name: string;
  script: string;
  args: string[];
  rows: (figures: Figures) => Row[];
}

export const SET: Entry[] = [
  starts(1, 2_000, 10),
  starts(10, 2_000, 3),
  starts(20, 1_000, null),
  starts(100, 2_000, 1.5),
  {
    name: 'batch',
    script: 'events',
    args: ['--events', '10000', '--groups', '100', '--endpoint', 'batch'],
    rows: (figures) => [...speed('10,000 starts in batches, 100 groups', figures, 10), memory('the same', figures)],
  },
  {
    name: 'lone',
    script: 'lone',
    args: [],
    rows: (figures) => [
      atMost(
        'a lone start: p50 event to Joined ÷ p50 of an empty workflow',
        figures['ratio'],
        4,
        () =>
          `${number(figures['ratio'])} × (${number(figures['joined_p50_ms'])} ms, ${number(figures['empty_p50_ms'])} ms)`,
      ),
    ],
  },
  {
    name: 'burst',
    script: 'burst',
    args: ['--joins', '1000'],
    rows: (figures) =>
      (['started', 'added'] as const).map((how) => {
        const writes = Math.max(...numbers(part(figures, how)['writes_per_switch']));
        return atMost(`1,000 joins of one group at once (${how}): writes per switch`, writes, 20);
      }),
  },
  {
    name: 'growth',
    script: 'growth',
    args: ['--events', '300'],
    rows: (figures) => [
      atMost('cost per event, 10 → 10,000 groups present', figures['growth_by_groups'], 1.3),
      atMost('cost per event, 1 → 1,000 members in the group', figures['growth_by_members'], 1.5),
    ],
  },
  {
    name: 'api',
    script: 'api',
    args: [],
    rows: (figures) =>
      (['list', 'view'] as const).map((read) =>
        atLeast(
          `GET ${read === 'list' ? 'of 100 groups' : 'of one group'} ÷ bare route`,
          part(figures, read)['ratio'],
          0.4,
        ),
      ),
  },
  {
    name: 'reconcile',
    script: 'reconcile',
    args: [],
    rows: (figures) => reconciled(figures),
  },
];

function starts(groups: number, events: number, aim: number | null): Entry {
  const title = `${events} starts, one by one, ${groups === 1 ? 'one group' : `${groups} groups`}`;
  return {
    name: `events-${groups}`,
    script: 'events',
    args: ['--events', String(events), '--groups', String(groups)],
    rows: (figures) => [
      ...speed(title, figures, aim),
      ...(groups === 1
        ? [
            atLeast(`${title}: ÷ without durability`, figures['ratio_to_plain'], 0.8),
            atMost(`${title}: CPU ÷ without durability`, figures['cpu_ratio_to_plain'], 1.5),
            atMost(`${title}: history events per 1,000`, figures['history_events_per_1000'], 500),
          ]
        : []),
      ...(groups === 20
        ? [
            atLeast(`${title}: ÷ without durability`, figures['ratio_to_plain'], 0.2),
            atMost(`${title}: CPU ÷ without durability`, figures['cpu_ratio_to_plain'], 5),
            atMost(`${title}: Postgres transactions per event`, figures['transactions_per_event'], 4),
          ]
        : []),
    ],
  };
}

function speed(title: string, figures: Figures, aim: number | null): Row[] {
  const told = `${number(figures['ratio_to_empty'])} × (${number(figures['effective_per_s'])}/s)`;
  if (aim === null) return [];
  return [atLeast(`${title}: effective ÷ empty workflows`, figures['ratio_to_empty'], aim, () => told)];
}

function memory(title: string, figures: Figures): Row {
  const worker = part(part(figures, 'memory'), 'worker');
  return atMost(`${title}: memory of the worker, MB`, worker['peak_mb'], 450);
}

/** Beside its pages a pass asks a switch for its uptime and whether it knows multicast. */
const HEALTH = 2;

function reconciled(figures: Figures): Row[] {
  const sizes = (figures['sizes'] as Figures[] | undefined) ?? [];
  const [first = {}, last = {}] = [sizes[0], sizes.at(-1)];
  const title = `reconcile, ${number(last['groups'])} groups, ${number(last['memberships'])} memberships`;
  const nothing = part(last, 'nothing_changed');
  const asked = (nothing['switches'] as { requests: number; writes: number }[] | undefined) ?? [];
  const drifted = part(last, 'drifted');
  const peer = part(last, 'reference_design');
  const growth = part(figures, 'growth');
  const restarted = part(figures, 'restarted_empty');
  const empty = `switch with ${number(first['groups'])} groups restarted empty`;
  return [
    atMost(`${title}, nothing changed: writes`, Math.max(...asked.map((each) => each.writes)), 0),
    atMost(
      `${title}, nothing changed: requests per switch`,
      Math.max(...asked.map((each) => each.requests)),
      Number(last['pages_per_switch']) + HEALTH,
    ),
    told('the same by the reference design: requests, writes', 'switch_requests', 'switch_writes', peer),
    atMost(`reconcile, ${number(growth['groups'])} × the groups: time per group`, growth['ms_per_group'], 1.2),
    atMost(`reconcile, ${number(growth['groups'])} × the groups: memory of the worker`, growth['worker_memory'], 1.3),
    atMost(`${title}, ${number(drifted['changed'])} changed: seconds until repaired`, drifted['seconds'], 60),
    atMost(`${empty}: seconds until complete`, restarted['seconds'], 60),
    atMost(`${empty}: writes per group on it`, restarted['writes_per_group'], 2),
    atMost(`${empty}: writes on the others`, Math.max(0, ...numbers(restarted['writes_on_the_others'])), 0),
  ];
}

function told(what: string, first: string, second: string, figures: Figures): Row {
  return { what, reached: `${number(figures[first])}, ${number(figures[second])}`, aim: '–', met: true };
}

function part(figures: Figures, name: string): Figures {
  return (figures[name] as Figures | undefined) ?? {};
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

function number(value: unknown): string {
  return typeof value === 'number' ? value.toLocaleString('en-US', { maximumSignificantDigits: 3 }) : '?';
}

function atLeast(what: string, value: unknown, aim: number, shown = () => number(value)): Row {
  return { what, reached: shown(), aim: `≥ ${aim}`, met: Number(value) >= aim };
}

function atMost(what: string, value: unknown, aim: number, shown = () => number(value)): Row {
  return { what, reached: shown(), aim: `≤ ${aim}`, met: Number(value) <= aim };
}
