/**
 * `.rackcast/stack.json`: where the running stack is and a token to try things with, readable by its owner alone; and
 * the lock that keeps a second start away from the same data.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { StackError } from './ports';

const schema = z.object({
  external_api: z.string(),
  internal_api: z.string(),
  /** An actor's token: fleet and silo admin. */
  token: z.string(),
  internal_token: z.string(),
  temporal: z.string(),
  temporal_ui: z.string().nullable(),
  database_url: z.string(),
  switches: z.array(z.object({ name: z.string(), address: z.string() })),
  sled_agents: z.array(z.object({ sled_id: z.string(), address: z.string() })),
  /** By part: the program itself, as it runs now; the stack's own process is `stack`. */
  pids: z.record(z.string(), z.number()),
});

export type StackFile = z.output<typeof schema>;

/** What an earlier start left, if it can still be read. Its tokens stay valid as long as its database. */
export function readStackFile(dataDir: string): StackFile | undefined {
  const file = join(dataDir, 'stack.json');
  if (!existsSync(file)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeStackFile(dataDir: string, content: StackFile): string {
  const file = join(dataDir, 'stack.json');
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(aside, file);
  return file;
}

/** Returns the release. A lock whose holder is gone (killed, power cut) is taken over. */
export function lockData(dataDir: string): () => void {
  const lock = join(dataDir, 'lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new StackError(`${dataDir} cannot be written to: ${(error as Error).message}`);
    }
    const holder = Number(readFileSync(lock, 'utf8'));
    if (isStack(holder))
      throw new StackError(
        `a stack already runs on ${dataDir} (process ${holder}); RACKCAST_DATA_DIR names another place`,
      );
    rmSync(lock, { force: true });
  }
}

function isStack(pid: number): boolean {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // After a reboot the number may be anybody's.
  const listed = `/proc/${pid}/cmdline`;
  return !existsSync(listed) || readFileSync(listed, 'utf8').includes('main.js');
}
