/**
 * Whether a switch counts: a table of what one health check makes of it, and one transition function.
 *
 * unreachable → resyncing → in_service. A switch that answers again takes part in rounds at once but counts only when nothing on it
 * is behind (that promotion is a guarded statement of its own). A restart counts as empty, wherever it is noticed.
 */
import { LIMITS } from './limits';

export type SwitchService = 'unreachable' | 'resyncing' | 'in_service';

export interface SwitchStanding {
  service: SwitchService;
  /** Boot time, epoch seconds. */
  incarnation: number;
  /** Failed checks in a row. */
  failures: number;
  swept: boolean;
  ports: string[] | null;
}

export type Observation =
  | { answered: true; bootTime: number; multicast: boolean }
  | { answered: false }
  /** It answers, but as a daemon that rackcast cannot use. */
  | { answered: true; unusable: true };

export function nextStanding(standing: SwitchStanding, seen: Observation): SwitchStanding {
  if (!seen.answered) {
    const failures = standing.failures + 1;
    const lost = failures >= LIMITS.healthFailures;
    return lost ? { ...standing, service: 'unreachable', failures, swept: false } : { ...standing, failures };
  }
  if ('unusable' in seen || !seen.multicast) return { ...standing, service: 'unreachable', failures: 0, swept: false };
  const restarted = seen.bootTime - standing.incarnation > LIMITS.bootSlackS;
  if (restarted) return { service: 'resyncing', incarnation: seen.bootTime, failures: 0, swept: false, ports: null };
  if (standing.service === 'unreachable')
    return { ...standing, service: 'resyncing', failures: 0, swept: false, ports: null };
  return { ...standing, failures: 0 };
}
