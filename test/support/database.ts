/** A database of one's own for every test file that wants one: a copy of the migrated template, made in milliseconds. */
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { started } from './servers';

export interface TestDatabase {
  url: string;
  /** Ends whatever is still connected. */
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const template = new URL(started('RACKCAST_TEST_TEMPLATE_DATABASE'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(template, `create database ${name} template ${template.pathname.slice(1)}`);
  const url = new URL(template);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(template, `drop database if exists ${name} with (force)`) };
}

/** Not connected to the template itself: it could not be copied then. */
async function administer(template: URL, statement: string): Promise<void> {
  const url = new URL(template);
  url.pathname = '/postgres';
  const sql = postgres(url.href, { max: 1, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
