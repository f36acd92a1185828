/**
 * Changing a group's sources. It is a saga over database and switches, so no statement here may write `source_ips` by itself:
 * a row that the switches might never follow would be neither all-new nor all-old.
 */
import { CodedError } from '../domain/errors';
import type { IpAddress } from '../domain/addresses';
import type { Queryable } from './client';
import type { GroupRow } from './groups';

export interface GroupUpdate {
  name?: string;
  description?: string;
  /** Checked against the group's address; sorted. */
  sources: IpAddress[];
}

export async function updateSources(_db: Queryable, _group: GroupRow, _update: GroupUpdate): Promise<GroupRow> {
  throw new CodedError(
    'ServiceNotAvailable',
    'changing the sources of a group is not available yet; nothing was changed',
  );
}
