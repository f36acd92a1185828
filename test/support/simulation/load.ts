/** Loads rackcast over the replaced modules, outside of jest. */
import Module from 'node:module';
import type { Loaded } from './play';
import { REPLACEMENTS } from './replacements';

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

export function loadOverReplacements(): Loaded {
  const resolver = Module as unknown as Resolver;
  const resolve = resolver._resolveFilename.bind(resolver);
  const replaced = new Map(REPLACEMENTS);
  resolver._resolveFilename = (request, ...rest) => {
    const found = replaced.get(request) ?? resolve(request, ...rest);
    return replaced.get(found) ?? found;
  };
  const { createActivities } = require('../../../activities') as Pick<Loaded, 'createActivities'>;
  const workflows = require('../../../workflows') as Loaded['workflows'];
  return { createActivities, workflows };
}
