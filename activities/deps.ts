/** What activities work with. They close over it, so that a workflow needs only their types. */
import type { Logger } from 'pino';
import type { Directory } from '../dataplane/directory';
import type { DpdClient } from '../dataplane/dpd/client';
import type { SledAgentClient } from '../dataplane/sled-agent/client';
import type { Db } from '../db/client';
import type { Temporal } from '../temporal/client';
import type { AwaitedRuns } from './awaited-runs';
import type { Turns } from './turns';

export interface Deps {
  db: Db;
  switches: Directory<DpdClient>;
  sleds: Directory<SledAgentClient>;
  temporal: Temporal;
  log: Logger;
  /** Every call to a switch or a sled is an activity of its own, also where the first attempt would do: for whoever wants to watch. */
  visibleSteps?: boolean;
}

/** What the activities of one worker know of each other. */
export interface Shared {
  awaited: AwaitedRuns;
  claims: Turns;
  rounds: Turns;
}
