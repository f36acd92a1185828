/** What routes are given. They open nothing themselves, so a test can hand them what it likes. */
import type { Logger } from 'pino';
import type { Db } from '../db/client';
import type { GroupRequest } from '../db/requests';
import type { Temporal } from '../temporal/client';

export interface ApiDeps {
  db: Db;
  temporal: Temporal;
  log: Logger;
}

/** Wakes the groups whose request said so, after the commit. A failure is no loss: the request is a row, reconciliation finds it. */
export function wakeGroups({ temporal, log }: ApiDeps, requests: GroupRequest[]): void {
  for (const group of requests.filter((request) => request.wake)) {
    temporal.wakeGroup({ id: group.groupId, ip: group.ip, name: group.name }).catch((error: unknown) => {
      log.warn({ group: group.groupId, error: String(error) }, 'a group could not be woken; reconciliation will');
    });
  }
}

/** Runs a schedule's action soon. A failure is no loss: the schedule runs by itself. */
export function triggerLater({ temporal, log }: ApiDeps, scheduleId: string): void {
  temporal.trigger(scheduleId).catch((error: unknown) => {
    log.warn(
      { schedule: scheduleId, error: String(error) },
      'a schedule could not be triggered; it runs at its next time',
    );
  });
}
