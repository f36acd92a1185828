/**
 * Versioned migrations. The table `schema_version` holds one row per applied migration, so the database says itself which
 * schema it has; a process that does not know that schema refuses to run on it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { migrate as drizzleMigrate } from 'drizzle-orm/postgres-js/migrator';
import { loadConfig } from '../config';
import { openDatabase, type Db } from './client';

const TABLE = 'schema_version';

// The generated SQL lies beside the sources; the build keeps only JavaScript.
const root =
  path.basename(path.dirname(__dirname)) === 'dist' ? path.join(__dirname, '..', '..') : path.join(__dirname, '..');
const migrationsFolder = path.join(root, 'db', 'migrations');

interface Journal {
  entries: { idx: number; when: number; tag: string }[];
}

function knownVersions(): number[] {
  const journal = JSON.parse(readFileSync(path.join(migrationsFolder, 'meta', '_journal.json'), 'utf8')) as Journal;
  return journal.entries.map((entry) => entry.when);
}

/** Applies what is missing; a second call changes nothing. Two processes at once: the second waits for the first. */
export async function migrate(url: string): Promise<void> {
  const { db, close } = openDatabase(url, 1);
  try {
    await db.execute(sql`select pg_advisory_lock(hashtext('rackcast schema'))`);
    await drizzleMigrate(db, { migrationsFolder, migrationsTable: TABLE, migrationsSchema: 'public' });
  } finally {
    await close();
  }
}

/** Throws unless the database's schema is exactly the one that this build knows. */
export async function requireKnownSchema(db: Db): Promise<void> {
  const known = knownVersions();
  const present = await db.execute<{ table: string | null }>(
    sql`select to_regclass(${`public.${TABLE}`})::text as table`,
  );
  if (present[0]?.table == null) throw new Error('the database has no rackcast schema: run `rackcast migrate`');
  const applied = await db.execute<{ version: number }>(
    sql`select created_at as version from ${sql.identifier(TABLE)} order by created_at`,
  );
  const newest = applied.at(-1)?.version ?? 0;
  if (newest > (known.at(-1) ?? 0))
    throw new Error(`the database's schema (${newest}) is newer than this build knows (${known.at(-1)})`);
  if (applied.length !== known.length) {
    throw new Error(
      `the database's schema is at ${applied.length} of ${known.length} migrations: run \`rackcast migrate\``,
    );
  }
}

if (require.main === module) {
  migrate(loadConfig().databaseUrl).then(
    () => process.stdout.write('the database is up to date\n'),
    (error: unknown) => {
      process.stderr.write(`migrations failed: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
