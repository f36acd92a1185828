/** Where Postgres' time goes, statement by statement, by its own statistics. They cost something, so only a profiled rack has them. */
import { sql } from 'drizzle-orm';
import { openDatabase, type Db } from '../db/client';
import { round } from './command';

export interface Statement {
  calls: number;
  total_ms: number;
  mean_ms: number;
  rows: number;
  text: string;
}

/** For a cluster that is started again before it is used. Plans of slow statements go to its log. */
export async function enableStatements(url: string): Promise<void> {
  const { db, close } = openDatabase(url, 1);
  await db.execute(sql`alter system set shared_preload_libraries = 'pg_stat_statements', 'auto_explain'`);
  await db.execute(sql`alter system set pg_stat_statements.track_planning = on`);
  await db.execute(sql`alter system set auto_explain.log_min_duration = '250ms'`);
  await db.execute(sql`alter system set auto_explain.log_analyze = on`);
  await db.execute(sql`alter system set auto_explain.log_timing = off`);
  await db.execute(sql`create extension if not exists pg_stat_statements`);
  await close();
}

export async function resetStatements(db: Db): Promise<void> {
  await db.execute(sql`select pg_stat_statements_reset()`);
}

/** Those that took most, planning included. */
export async function topStatements(db: Db, most: number): Promise<Statement[]> {
  const rows = await db.execute<{ calls: number; total: number; rows: number; text: string }>(sql`
    select calls::float8 as calls, (total_exec_time + total_plan_time)::float8 as total, rows::float8 as rows, query as text
    from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
    order by total_exec_time + total_plan_time desc limit ${most}`);
  return [...rows].map(({ calls, total, rows: touched, text }) => ({
    calls,
    total_ms: round(total),
    mean_ms: round(total / calls),
    rows: touched,
    text: text.replace(/\s+/g, ' ').trim().slice(0, 160),
  }));
}
