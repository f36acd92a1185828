/**
 * What an operator holds of a simulated switch, and all that can be seen of it. Invariant: a dump shows the record and
 * the hardware apart, because a failed update leaves them different.
 */
import { OperatedState } from '../operator';
import { Daemon, type SwitchOptions } from './daemon';
import { groupView } from './view';

export class SimulatorState extends OperatedState {
  readonly daemon: Daemon;

  constructor(options: SwitchOptions) {
    super({ isWrite });
    this.daemon = new Daemon(options);
  }

  /** No groups, ids from the top, uptime 0. */
  override restart(): void {
    this.daemon.boot();
  }

  /**
   * Everything the switch holds: groups as the newest API shows them; what really forwards packets, which may differ
   * from them: the ports of the PRE groups, by underlay group and by id, and the tables; and the links that are up.
   */
  dump() {
    const { groups, rules, links } = this.daemon;
    const view = groupView(rules, rules.newest);
    const replication = groups
      .all()
      .filter((record) => rules.isUnderlay(record.ip))
      .map(({ ip, ids }) => ({
        group_ip: ip.text,
        external: groups.pre.ports(ids.external),
        underlay: groups.pre.ports(ids.underlay),
      }));
    return {
      api_level: rules.newest,
      groups: groups.all().map(view),
      replication,
      pre: groups.pre.dump(),
      tables: groups.tables.dump(),
      links_up: links
        .list()
        .filter((link) => link.enabled)
        .map(({ port, link }) => `${port}/${link}`),
    };
  }
}

/** POST, PUT and DELETE under /multicast. */
function isWrite(method: string, template: string): boolean {
  return template.startsWith('/multicast') && ['POST', 'PUT', 'DELETE'].includes(method);
}
