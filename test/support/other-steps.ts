/**
 * The activities that a life without faults does not call, by who calls them. Together with those that it does call, these are all:
 * a new one belongs to a life, or is named here and tried there.
 */
import type { ActivityName } from './injector';

/** Undos, and what looks for a refused port: test/faults/undo.test.ts. */
export const UNDONE = [
  'unregisterVmm',
  'withdrawPlace',
  'withdrawMemberships',
  'withdrawTarget',
  'recordRefusal',
  'planConfig',
  'planRestore',
] as const satisfies ActivityName[];

/** Reconciliation, health and the return of a switch: test/faults/schedules.test.ts. */
export const SCHEDULED = [
  'isEnabled',
  'outstanding',
  'redeliver',
  'tellLate',
  'repairMembers',
  'askOldAgents',
  'checkSwitches',
  'compareSwitch',
  'wakeDirtyGroups',
  'forgetDrift',
  'startResync',
  'resyncSwitch',
] as const satisfies ActivityName[];

/** Only when a wait reaches its bound: `withdrawUpdate` in test/workflows/bounds.test.ts; `readOutcomes` changes nothing. */
export const AT_A_BOUND = ['withdrawUpdate', 'readOutcomes'] as const satisfies ActivityName[];

/** Where nothing resists these are not called: the first attempt at a round does it all by itself. */
export const WITHIN_FIRST_ATTEMPTS = [
  'programSwitch',
  'activateFlows',
  'deactivateFlows',
  'retireFlows',
  'commitRound',
  'tellWaiters',
] as const satisfies ActivityName[];
