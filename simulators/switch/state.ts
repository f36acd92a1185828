/**
 * The operator's hold on a simulator, for tests in the same process and, through `/sim/`, for others. Invariant:
 * nothing here is visible to a client of the daemon but through the daemon's own behaviour.
 */
import { Daemon, type SwitchOptions } from './daemon';
import { Faults } from './faults';
import { RequestLog } from './request-log';
import { groupView } from './view';

export class SimulatorState {
  readonly daemon: Daemon;
  readonly faults = new Faults();
  readonly requests = new RequestLog();
  private waiting: (() => void)[] | null = null;
  private resetting = false;

  constructor(options: SwitchOptions) {
    this.daemon = new Daemon(options);
  }

  /** As when the process is started again: no groups, ids from the top, uptime 0. Faults and counters stay. */
  restart(): void {
    this.daemon.boot();
  }

  /** `hang`: requests wait and are served after `resume`; `reset`: their connections are cut. */
  pause(mode: 'hang' | 'reset' = 'hang'): void {
    this.waiting ??= [];
    this.resetting = mode === 'reset';
  }

  resume(): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    for (const go of waiting) go();
  }

  get paused(): 'hang' | 'reset' | null {
    if (!this.waiting) return null;
    return this.resetting ? 'reset' : 'hang';
  }

  async untilResumed(): Promise<void> {
    const { waiting } = this;
    if (waiting) await new Promise<void>((go) => waiting.push(go));
  }

  /** Everything the switch holds: groups as the newest API shows them, the ports really in the PRE, and the tables. */
  dump() {
    const { groups, rules } = this.daemon;
    const view = groupView(rules, rules.newest);
    const replication = groups
      .all()
      .filter((record) => rules.isUnderlay(record.ip))
      .map(({ ip, ids }) => ({
        group_ip: ip.text,
        external: groups.pre.ports(ids.external),
        underlay: groups.pre.ports(ids.underlay),
      }));
    return { groups: groups.all().map(view), replication, tables: groups.tables.dump() };
  }
}
