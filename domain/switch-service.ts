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
  /** Names one run of the daemon. */
  incarnation: number;
  /** The daemon's uptime when it was last seen, in seconds, and how many seconds ago that was; null = never seen. */
  lastSeen: { uptime: number; secondsAgo: number } | null;
  /** Failed checks in a row. */
  failures: number;
  swept: boolean;
  ports: string[] | null;
}

export type Observation =
  /** `now`: epoch seconds, only to name a new incarnation. */
  | { answered: true; uptime: number; now: number; multicast: boolean }
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
  if (hasRestarted(standing.lastSeen, seen.uptime)) {
    const incarnation = Math.max(standing.incarnation + 1, seen.now - seen.uptime);
    return { ...standing, service: 'resyncing', incarnation, failures: 0, swept: false, ports: null };
  }
  if (standing.service === 'unreachable')
    return { ...standing, service: 'resyncing', failures: 0, swept: false, ports: null };
  return { ...standing, failures: 0 };
}

/** Its uptime went back, or is shorter than the time since it was last seen up. No two clocks are compared. */
function hasRestarted(lastSeen: SwitchStanding['lastSeen'], uptime: number): boolean {
  if (lastSeen === null) return true;
  return uptime < lastSeen.uptime || uptime + LIMITS.bootSlackS < lastSeen.secondsAgo;
}
