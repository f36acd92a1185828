/** The connection to Postgres. Everything above it speaks drizzle: built queries where they read well, `sql` where a set is moved at once. */
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { SQL } from 'drizzle-orm';
import * as schema from './schema';

export type Db = PostgresJsDatabase<typeof schema>;
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0];
/** A query runs on the pool or inside somebody's transaction. */
export type Queryable = Db | Tx;

export interface Database {
  db: Db;
  close: () => Promise<void>;
}

const BIGINT = 20;

/** How long the server lets a statement run, wait for a lock, or leave its transaction idle. */
export interface Patience {
  statementMs: number;
  lockMs: number;
}

/**
 * Opens a pool of at most `connections`; nothing is sent until the first query. Without `patience` statements may take their time.
 * Statements are prepared, so their texts must not vary with their values (`lists.ts`); `?prepare=false` in the URL, for a pooler that
 * cannot keep them, switches that off.
 */
export function openDatabase(url: string, connections = 10, patience?: Patience): Database {
  const client = postgres(url, {
    max: connections,
    onnotice: () => undefined,
    connect_timeout: 10,
    connection: {
      // Everything is found by an index. A plan that was made while a table was small, and is kept, must not read it whole when it is large.
      enable_seqscan: 'off',
      ...(patience !== undefined && {
        statement_timeout: patience.statementMs,
        lock_timeout: patience.lockMs,
        idle_in_transaction_session_timeout: patience.statementMs,
      }),
    },
    // Counters and generations stay far below 2^53.
    types: { bigint: { to: BIGINT, from: [BIGINT], serialize: String, parse: Number } },
  });
  preparing(client);
  const begin: (work: (tx: Sender) => unknown) => Promise<unknown> = client.begin.bind(client);
  client.begin = ((work: (tx: Sender) => unknown) => begin((tx) => work(preparing(tx)))) as typeof client.begin;
  return { db: drizzle(client, { schema, casing: 'snake_case' }), close: () => client.end({ timeout: 5 }) };
}

/** Statements sent together, in one round trip; Postgres executes them in this order. Returns the rows of each. */
export async function inOrder(tx: Tx, statements: SQL[]): Promise<Record<string, unknown>[][]> {
  return Promise.all(statements.map((statement) => tx.execute<Record<string, unknown>>(statement)));
}

type Sender = Pick<postgres.TransactionSql, 'unsafe'>;

/** drizzle sends every statement by `unsafe`, which parses and plans it each time unless it is told to prepare. */
function preparing(sender: Sender): Sender {
  const unsafe = sender.unsafe.bind(sender);
  sender.unsafe = (text, parameters, options) => unsafe(text, parameters, { ...options, prepare: true });
  return sender;
}
