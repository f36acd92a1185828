/** Columns that many tables share, so that time and identity look the same everywhere. */
import { integer, timestamp, uuid, varchar } from 'drizzle-orm/pg-core';

export const time = () => timestamp({ withTimezone: true, mode: 'date' });

/** Times of creation and last change. */
export const times = () => ({
  timeCreated: time().notNull().defaultNow(),
  timeModified: time().notNull().defaultNow(),
});

/** What Oxide calls an identity: id, name, description and times. */
export const identity = () => ({
  id: uuid().primaryKey(),
  name: varchar({ length: 63 }).notNull(),
  description: varchar({ length: 512 }).notNull(),
  ...times(),
});

export const vni = () => integer().notNull();
