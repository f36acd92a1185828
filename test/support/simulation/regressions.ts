/**
 * Programs that once went wrong, as they were found, and one for every deliberate mistake. Each is played with several lucks, since the
 * schedule is what they are about.
 */
import type { Action, Program } from './program';
import type { Defect } from './stage';

const LUCKS = 25;
/** Among so many schedules a mistake has to show. */
const MOST_LUCKS = 600;

export interface Regression {
  what: string;
  programs: Program[];
}

const START = { vm: 0, sled: 0, registers: true };
const SMALL = { vms: 1, groups: 1, sleds: 2 };

function regression(what: string, rack: Omit<Program, 'luck' | 'steps'>, ...steps: [number, Action][]): Regression {
  return { what, programs: lucks(LUCKS, rack, steps) };
}

function lucks(count: number, rack: Omit<Program, 'luck' | 'steps'>, steps: [number, Action][]): Program[] {
  const timed = steps.map(([after, action]) => ({ after, action }));
  return Array.from({ length: count }, (_, luck) => ({ ...rack, luck, steps: timed }));
}

export const REGRESSIONS: Regression[] = [
  regression(
    'what a registration prepared is taken back although a round asked the sled too early',
    { vms: 1, groups: 1, sleds: 1 },
    [0, { do: 'start', ...START, registers: false }],
    [1_976, { do: 'stop', vm: 0 }],
    [5_071, { do: 'create', vm: 0, groups: [0] }],
    [0, { do: 'sources', group: 0, sources: 1 }],
    [0, { do: 'start', ...START }],
    [10, { do: 'join', vm: 0, group: 0 }],
  ),
  regression(
    'a start overtaken while its VMM registers leaves no flow behind',
    { vms: 2, groups: 3, sleds: 1 },
    [1_096, { do: 'sources', group: 1, sources: 1 }],
    [904, { do: 'start', ...START }],
    [12, { do: 'reconfigure', vm: 0, groups: [] }],
    [0, { do: 'stop', vm: 0 }],
  ),
  regression(
    'a round never joins for good what only a late registration has prepared',
    { vms: 1, groups: 1, sleds: 1 },
    [2_120, { do: 'start', ...START }],
    [44, { do: 'create', vm: 0, groups: [0] }],
    [2, { do: 'stop', vm: 0 }],
    [1, { do: 'start', ...START }],
    [20, { do: 'stop', vm: 0 }],
    [20, { do: 'start', ...START }],
  ),
  regression(
    'the undo of a start that a migration has overtaken, in one fold, changes nothing',
    { vms: 1, groups: 1, sleds: 1 },
    [305, { do: 'sled errors', sled: 0, errors: ['before', 'before'] }],
    [137, { do: 'start', ...START }],
    [40, { do: 'migrate', ...START, registers: false }],
    [1, { do: 'create', vm: 0, groups: [] }],
  ),
];

/** Faults end with the last step. */
const LATER: [number, Action] = [15_000, { do: 'health' }];

/** What shows each deliberate mistake. */
const SHOWN_BY: Record<Defect, [number, Action][]> = {
  'target not withdrawn': [
    [0, { do: 'start', ...START, registers: false }],
    [3_000, { do: 'port refused', switch: 0, sled: 1 }],
    [0, { do: 'migrate', ...START, sled: 1, registers: false }],
  ],
  'undo reported and not done': [
    [0, { do: 'start', ...START, registers: false }],
    [3_000, { do: 'switch errors', switch: 0, errors: Array.from({ length: 5 }, () => 'before' as const) }],
    [0, { do: 'sources', group: 0, sources: 2 }],
  ],
  'requests not compared': [
    [0, { do: 'start', ...START, registers: false }],
    [300, { do: 'stop', vm: 0 }],
    [20, { do: 'start', ...START, registers: false }],
    [20, { do: 'stop', vm: 0 }],
  ],
  'events drained destructively': [
    [0, { do: 'start', ...START, registers: false }],
    [5, { do: 'crash', zombies: false }],
  ],
  'waiters drained destructively': [
    [0, { do: 'sled errors', sled: 0, errors: ['refused'] }],
    [0, { do: 'start', ...START, registers: false }],
    [50, { do: 'Temporal down', seconds: 4 }],
  ],
  'suspect acknowledgement believed': [
    [0, { do: 'drift', switch: 0, which: 0 }],
    [0, { do: 'crash', zombies: false }],
  ],
  'round number not compared': [
    [0, { do: 'start', ...START, registers: false }],
    [20, { do: 'crash', zombies: true }],
    [10, { do: 'stop', vm: 0 }],
    [10, { do: 'crash', zombies: true }],
    [10, { do: 'start', ...START, registers: false }],
    [10, { do: 'crash', zombies: true }],
  ],
  'incarnation not compared': [
    [0, { do: 'sled silent', sled: 0, seconds: 30 }],
    [0, { do: 'start', ...START, registers: false }],
    [1_000, { do: 'switch restarts', switch: 0, which: 0 }],
    [10, { do: 'health' }],
  ],
};

export function programsFor(defect: Defect): Program[] {
  return lucks(MOST_LUCKS, SMALL, [...SHOWN_BY[defect], LATER]);
}
