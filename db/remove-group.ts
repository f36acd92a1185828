/** The end of a group that every switch in service has confirmed gone. Whoever waited for it reads it from the waiters' rows. */
import { sql } from 'drizzle-orm';
import type { Tx } from './client';
import { refuseUpdates } from './group-updates';
import type { Receipt } from './receipts';
import { uuids } from './lists';

export async function removeGroup(tx: Tx, groupId: string, receipts: Receipt[]): Promise<void> {
  await tx.execute(
    sql`update group_waiter set outcome = 'served', reason = null where group_id = ${groupId} and outcome is null`,
  );
  await refuseUpdates(tx, groupId);
  // A switch out of service that did not confirm may hold it still: it is swept again before it counts.
  const confirmed = receipts.filter((receipt) => receipt.acknowledged).map((receipt) => receipt.switchId);
  await tx.execute(sql`
    update switch set swept = false, time_unswept = clock_timestamp()
    where service <> 'in_service' and not id = any(${uuids(confirmed)})`);
  await tx.execute(sql`delete from multicast_group_member where external_group_id = ${groupId}`);
  await tx.execute(sql`delete from switch_ack where group_id = ${groupId}`);
  // What its rounds have not asked about, since a registration was under way, is taken back by reconciliation (orphan-flows.ts).
  await tx.execute(sql`delete from member_flow where group_id = ${groupId} and state = 'leaving'`);
  await tx.execute(sql`delete from refused_port where group_id = ${groupId}`);
  await tx.execute(sql`
    with gone as (delete from multicast_group where id = ${groupId} returning underlay_group_id)
    delete from underlay_multicast_group u using gone where u.id = gone.underlay_group_id`);
}
