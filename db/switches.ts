/**
 * Switches: which there are and where their daemons listen. What a daemon at an address has said of itself is forgotten when
 * the address changes: it may be another daemon. Whether a switch is in service is the health check's to say.
 */
import { asc, eq, gt, sql } from 'drizzle-orm';
import { CodedError } from '../domain/errors';
import type { Db, Queryable } from './client';
import type { IdPage } from './page';
import { isNew, type Put } from './registry';
import { rackSwitch } from './schema';
import { violatedIndex } from './violations';

export type SwitchRow = typeof rackSwitch.$inferSelect;

export interface SwitchRegistration {
  id: string;
  slot: number;
  dpdAddress: string;
}

/** A daemon that nothing is known of. */
const UNKNOWN = {
  service: 'unreachable',
  incarnation: 0,
  ports: null,
  apiVersion: null,
  failures: 0,
  swept: false,
  uptime: null,
} as const;

export async function putSwitch(db: Db, row: SwitchRegistration): Promise<Put> {
  try {
    return await db.transaction(async (tx) => {
      const [before] = await tx.select().from(rackSwitch).where(eq(rackSwitch.id, row.id)).for('update');
      const elsewhere = before !== undefined && before.dpdAddress !== row.dpdAddress;
      const forgotten = elsewhere ? { ...UNKNOWN, lastError: null, timeServiceChanged: sql`now()` } : {};
      const stored = await tx
        .insert(rackSwitch)
        .values(row)
        .onConflictDoUpdate({
          target: rackSwitch.id,
          set: { slot: row.slot, dpdAddress: row.dpdAddress, timeModified: sql`now()`, ...forgotten },
        })
        .returning({ isNew });
      return stored[0]?.isNew === true ? 'created' : 'updated';
    });
  } catch (error) {
    if (violatedIndex(error) !== 'lookup_switch_by_slot') throw error;
    const [other] = await db.select({ id: rackSwitch.id }).from(rackSwitch).where(eq(rackSwitch.slot, row.slot));
    const message = `slot: switch "${other?.id ?? 'just removed'}" is registered in slot ${row.slot}`;
    throw new CodedError('InvalidRequest', message, { cause: error });
  }
}

/** Takes the switch out of the rack, with all that it had acknowledged. False if there is none. */
export async function deleteSwitch(db: Db, id: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const gone = await tx.delete(rackSwitch).where(eq(rackSwitch.id, id)).returning({ id: rackSwitch.id });
    if (gone.length === 0) return false;
    await tx.execute(sql`delete from switch_ack where switch_id = ${id}`);
    await tx.execute(sql`delete from refused_port where switch_id = ${id}`);
    return true;
  });
}

export const listSwitches = (db: Queryable, page: IdPage): Promise<SwitchRow[]> =>
  db
    .select()
    .from(rackSwitch)
    .where(page.after === null ? undefined : gt(rackSwitch.id, page.after))
    .orderBy(asc(rackSwitch.id))
    .limit(page.limit);

export const readSwitch = async (db: Queryable, id: string): Promise<SwitchRow | null> =>
  (await db.select().from(rackSwitch).where(eq(rackSwitch.id, id)))[0] ?? null;
