/** One program for every deliberate mistake, which has to show it with some luck. */
import type { Action, Program } from './program';
import { LATER, lucks, SMALL, START } from './regressions';
import type { Defect } from './stage';

/** Among so many schedules a mistake has to show. */
const MOST_LUCKS = 600;

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
