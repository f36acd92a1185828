/**
 * Programs that once went wrong, as they were found. Each is played with several lucks, since the schedule is what they are about.
 */
import type { Action, Program } from './program';

const LUCKS = 25;

export interface Regression {
  what: string;
  programs: Program[];
}

export const START = { vm: 0, sled: 0, registers: true };
export const SMALL = { vms: 1, groups: 1, sleds: 2 };

/** Faults end with the last step. */
export const LATER: [number, Action] = [15_000, { do: 'health' }];

function regression(what: string, rack: Omit<Program, 'luck' | 'steps'>, ...steps: [number, Action][]): Regression {
  return { what, programs: lucks(LUCKS, rack, steps) };
}

/** One that few schedules show: from the luck on with which it was found. */
function found(
  what: string,
  luck: number,
  rack: Omit<Program, 'luck' | 'steps'>,
  ...steps: [number, Action][]
): Regression {
  return { what, programs: lucks(LUCKS, rack, steps, luck) };
}

export function lucks(
  count: number,
  rack: Omit<Program, 'luck' | 'steps'>,
  steps: [number, Action][],
  first = 0,
): Program[] {
  const timed = steps.map(([after, action]) => ({ after, action }));
  return Array.from({ length: count }, (_, at) => ({ ...rack, luck: first + at, steps: timed }));
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
  found(
    'a change of members that ended half-way is made good though whoever was told of it could not write it down, and the old ones are wanted again',
    3_323,
    SMALL,
    [0, { do: 'start', ...START, registers: false }],
    [3_000, { do: 'switch errors', switch: 1, errors: ['torn'] }],
    [0, { do: 'start', ...START, sled: 1, registers: false }],
    [20, { do: 'database errors', errors: Array.from({ length: 10 }, () => 'before' as const) }],
    [10, { do: 'switch silent', switch: 1, seconds: 45 }],
    [40_000, { do: 'start', ...START, registers: false }],
    LATER,
  ),
  found(
    'a registration that is under way while its group is removed leaves no flow behind',
    1_505_695_381,
    { vms: 4, groups: 2, sleds: 1 },
    [0, { do: 'start', vm: 0, sled: 0, registers: false }],
    [25, { do: 'start', vm: 0, sled: 0, registers: true }],
    [40, { do: 'start', vm: 1, sled: 0, registers: false }],
    [29, { do: 'delete group', group: 0 }],
    [0, { do: 'migrate', vm: 2, sled: 0, registers: false }],
  ),
  found(
    'neither does one that failed, and could not be taken back',
    1_144_624_555,
    { vms: 1, groups: 1, sleds: 1 },
    [0, { do: 'start', ...START }],
    [8, { do: 'sled errors', sled: 0, errors: ['after', 'before', 'refused', 'before'] }],
    [44, { do: 'delete group', group: 0 }],
    [0, { do: 'create', vm: 0, groups: [] }],
    [274, { do: 'start', ...START, registers: false }],
  ),
  found(
    'a migration that fails back to a VMM whose registration failed shows nobody as joined there',
    29,
    SMALL,
    [0, { do: 'sled errors', sled: 1, errors: ['refused', 'refused'] }],
    [0, { do: 'sled silent', sled: 0, seconds: 4 }],
    [0, { do: 'start', ...START }],
    [4_050, { do: 'migrate', ...START, sled: 1, registers: false }],
    LATER,
  ),
  regression(
    'a start over a running instance whose registration fails ends the same whoever applied it',
    SMALL,
    [0, { do: 'start', ...START, registers: false }],
    [3_000, { do: 'sled errors', sled: 1, errors: Array.from({ length: 6 }, () => 'before' as const) }],
    [0, { do: 'start', ...START, sled: 1 }],
    [100, { do: 'create', vm: 0, groups: [0] }],
    LATER,
  ),
  found(
    'a port refused by a switch that restarts before the round ends is asked for again',
    1_789_416_578,
    { vms: 1, groups: 2, sleds: 1 },
    [602, { do: 'start', vm: 0, sled: 0, registers: true }],
    [253, { do: 'delete group', group: 0 }],
    [54, { do: 'results lost', count: 1 }],
    [0, { do: 'sled moves', sled: 0, port: 8 }],
    [0, { do: 'port refused', switch: 0, sled: 0 }],
    [105, { do: 'repeat', vm: 0 }],
  ),
  found(
    'a join that outlives its step is taken back',
    96_726_080,
    { vms: 2, groups: 3, sleds: 2 },
    [35, { do: 'port refused', switch: 0, sled: 0 }],
    [748, { do: 'sources', group: 2, sources: 1 }],
    [33, { do: 'leave', vm: 3, group: 2 }],
    [1887, { do: 'start', vm: 0, sled: 3, registers: false }],
    [24, { do: 'start', vm: 0, sled: 0, registers: false }],
    [50, { do: 'crash', zombies: false }],
    [0, { do: 'stop', vm: 1 }],
    [0, { do: 'repeat', vm: 0 }],
  ),
  found(
    'a late deletion of the underlay group is not taken for the refusal of a port',
    786_566_266,
    { vms: 4, groups: 2, sleds: 2 },
    [426, { do: 'sled errors', sled: 3, errors: ['before'] }],
    [1_048, { do: 'create group', group: 0 }],
    [8_052, { do: 'join', vm: 0, group: 0 }],
    [927, { do: 'start', vm: 2, sled: 0, registers: true }],
    [1_240, { do: 'join', vm: 0, group: 0 }],
    [7_893, { do: 'results lost', count: 3 }],
    [9_814, { do: 'sled silent', sled: 0, seconds: 4 }],
    [37, { do: 'switch errors', switch: 0, errors: ['before', 'before', 'late', 'late', 'after'] }],
    [37, { do: 'migrate', vm: 0, sled: 0, registers: false }],
    [37, { do: 'start', vm: 2, sled: 1, registers: false }],
    [18_393, { do: 'sled errors', sled: 0, errors: ['before'] }],
  ),
  found(
    'a run of which only some events wait for nothing but rounds hears that those have ended while it still claims',
    116,
    { vms: 4, groups: 3, sleds: 4 },
    [0, { do: 'start', vm: 0, sled: 0, registers: false }],
    [0, { do: 'start', vm: 1, sled: 1, registers: true }],
    [0, { do: 'start', vm: 2, sled: 2, registers: false }],
    [0, { do: 'start', vm: 3, sled: 3, registers: true }],
  ),
  found(
    'a group that goes while a returning switch is swept has left it before it counts',
    421_124_380,
    { vms: 2, groups: 2, sleds: 1 },
    [1_209, { do: 'create', vm: 3, groups: [0] }],
    [5_274, { do: 'switch silent', switch: 1, seconds: 24 }],
    [313, { do: 'create', vm: 3, groups: [] }],
    [19_475, { do: 'crash', zombies: false }],
    [46, { do: 'stop', vm: 0 }],
    [25, { do: 'sled silent', sled: 0, seconds: 1 }],
    [36, { do: 'migrate', vm: 0, sled: 0, registers: false }],
    [40, { do: 'start', vm: 1, sled: 0, registers: true }],
    [0, { do: 'delete group', group: 0 }],
    [1_690, { do: 'create', vm: 1, groups: [] }],
    [21, { do: 'join', vm: 0, group: 0 }],
    [1_378, { do: 'repeat', vm: 0 }],
  ),
  found(
    'what a registration began that has outlived its time and died is taken back by reconciliation',
    15,
    { vms: 2, groups: 1, sleds: 1 },
    [405, { do: 'database slow', seconds: 7 }],
    [457, { do: 'database errors', errors: ['after'] }],
    [39, { do: 'reboot', vm: 0 }],
    [18, { do: 'start', ...START, registers: false }],
    [1, { do: 'start', ...START }],
    [918, { do: 'database errors', errors: ['before', 'before', 'after', 'before'] }],
    [44, { do: 'start', ...START, registers: false }],
    [1_983, { do: 'migrate', ...START }],
    [2_841, { do: 'start', vm: 3, sled: 0, registers: false }],
  ),
];
