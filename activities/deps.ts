/** What activities work with. They close over it, so that a workflow needs only their types. */
import type { Logger } from 'pino';
import type { Directory } from '../dataplane/directory';
import type { DpdClient } from '../dataplane/dpd/client';
import type { SledAgentClient } from '../dataplane/sled-agent/client';
import type { Db } from '../db/client';
import type { Temporal } from '../temporal/client';

export interface Deps {
  db: Db;
  switches: Directory<DpdClient>;
  sleds: Directory<SledAgentClient>;
  temporal: Temporal;
  log: Logger;
}
