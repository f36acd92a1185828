/**
 * One simulated switch daemon: what is lost when it restarts, and what it was built and started with, which is not.
 * Invariant: `boot` is the only place that makes state, so a restart forgets everything at once.
 */
import { Groups } from './groups';
import { DEFAULT_LINKS, Links } from './ports';
import { level13, type Rules } from './rules';
import { level1 } from './v1';

export interface SwitchOptions {
  /** The API the daemon speaks: all up to 13, or 1 alone. */
  apiLevel: 13 | 1;
  /** False: built without multicast, answers 501. Level 1 always has it. Default true. */
  multicast?: boolean;
  /** `real` (default): tables of 1024 entries and 507 beyond; `none`: no end, for measurements. */
  limits?: 'real' | 'none';
  /** True: as on hardware, table entries that exist or are missing are errors. Default false, as on the stub daemon. */
  tableErrors?: boolean;
  /** Ports that have a link at boot. */
  links?: readonly string[];
}

export class Daemon {
  readonly rules: Rules;
  readonly multicast: boolean;
  groups!: Groups;
  links!: Links;
  private bootedAt = 0;

  constructor(private readonly options: SwitchOptions) {
    this.rules = options.apiLevel === 1 ? level1 : level13;
    this.multicast = options.apiLevel === 1 || options.multicast !== false;
    this.boot();
  }

  boot(): void {
    const { limits = 'real', tableErrors = false, links = DEFAULT_LINKS } = this.options;
    this.groups = new Groups(this.rules, { limits, strict: tableErrors });
    this.links = new Links(links);
    this.bootedAt = Date.now();
  }

  /** Whole seconds since boot. */
  uptime(): number {
    return Math.floor((Date.now() - this.bootedAt) / 1000);
  }
}
