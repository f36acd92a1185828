/** What a profiled rack has to say at the end of its work: the API's and the worker's functions, and Postgres' statements. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { hotFunctions, hotRooms, type Hot } from './profiler';
import type { Rack } from './rack';
import { topStatements, type Statement } from './statements';

const MOST = 25;

export interface Profile {
  statements: Statement[];
  worker: { functions: Hot[]; rooms: Hot[] };
  api: { functions: Hot[]; rooms: Hot[] };
}

/** Postgres' log, which has the plans of slow statements, is kept beside the profiles. */
export async function profileOf(rack: Rack, folder: string): Promise<Profile> {
  cpSync(rack.log('postgres'), join(folder, 'postgres.log'));
  const of = (name: string): Profile['api'] => {
    const pid = rack.pid(name);
    return { functions: hotFunctions(folder, pid).slice(0, MOST), rooms: hotRooms(folder, pid).slice(0, MOST) };
  };
  return { statements: await topStatements(rack.db, MOST), worker: of('worker'), api: of('api') };
}
