/** Differences found between what a switch had acknowledged and what it holds: what, since when, and who repaired it. */
import { sql } from 'drizzle-orm';
import { bigserial, index, pgEnum, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { time } from './columns';

export const driftKind = pgEnum('drift_kind', ['missing', 'stray', 'divergent', 'orphan']);

export const drift = pgTable(
  'drift',
  {
    id: uuid().primaryKey().defaultRandom(),
    sequence: bigserial({ mode: 'number' }).notNull(),
    switchId: uuid().notNull(),
    /** From the object's tag: of an orphan no row has this id any more. */
    groupId: text().notNull(),
    groupIp: text().notNull(),
    kind: driftKind().notNull(),
    /** Empty when the whole object is meant. */
    port: text().notNull(),
    detail: text().notNull(),
    timeFound: time().notNull().defaultNow(),
    timeRepaired: time(),
    /** Workflow id. */
    repairedBy: text(),
  },
  (t) => [
    uniqueIndex('drift_open')
      .on(t.switchId, t.groupId, t.kind, t.port)
      .where(sql`${t.timeRepaired} is null`),
    index('drift_by_group')
      .on(t.groupId, t.switchId)
      .where(sql`${t.timeRepaired} is null`),
    uniqueIndex('drift_by_sequence').on(t.sequence),
  ],
);
