/** The deliberate mistakes: those in what activities answer, and one program for each of all, which has to show it with some luck. */
import type { RoundStart } from '../../../db/begin-round';
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
  'ends judged by one group only': [
    [0, { do: 'switch errors', switch: 0, errors: ['before'] }],
    [0, { do: 'start', ...START, registers: false }],
  ],
  'ended in memory only': [
    [0, { do: 'start', ...START, registers: false }],
    [40, { do: 'crash', zombies: false }],
  ],
  'failed first attempt taken for done': [
    [0, { do: 'start', ...START, registers: false }],
    [3_000, { do: 'switch errors', switch: 0, errors: ['before'] }],
    [0, { do: 'sources', group: 0, sources: 2 }],
  ],
};

/** One instance is in as many groups as there are, up to two. */
const RACK_OF: Partial<Record<Defect, typeof SMALL>> = { 'ends judged by one group only': { ...SMALL, groups: 2 } };

export function programsFor(defect: Defect): Program[] {
  return lucks(MOST_LUCKS, RACK_OF[defect] ?? SMALL, [...SHOWN_BY[defect], LATER]);
}

type Run = (input: unknown) => Promise<unknown>;

/** Activities with the mistake, if it is one of theirs. */
export function withDefect(activities: Record<string, Run>, defect: Defect | null): Record<string, Run> {
  const { programSwitch, beginRound } = activities;
  if (defect === 'undo reported and not done' && programSwitch !== undefined) {
    const undone = { status: 'acknowledged', writes: 0 };
    const mistaken: Run = async (input) => ((input as { undo: boolean }).undo ? undone : programSwitch(input));
    return { ...activities, programSwitch: mistaken };
  }
  if (defect === 'failed first attempt taken for done' && beginRound !== undefined) {
    const mistaken: Run = async (input) => {
      const start = (await beginRound(input)) as RoundStart;
      if (start.kind !== 'round' || start.receipts === undefined) return start;
      const receipts = start.switches.map(({ switchId, incarnation, desired: config }) => {
        return { switchId, incarnation, config, acknowledged: true, refused: false, error: null };
      });
      return { ...start, receipts: [...start.receipts, ...receipts], switches: [] };
    };
    return { ...activities, beginRound: mistaken };
  }
  return activities;
}
