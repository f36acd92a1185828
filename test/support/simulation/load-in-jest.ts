/** Loads rackcast over the replaced modules, in a file of tests. */
import type { Loaded } from './play';
import { REPLACEMENTS } from './replacements';

export function loadInJest(): Loaded {
  for (const [module, replacement] of REPLACEMENTS) {
    jest.doMock(module, () => jest.requireActual<object>(replacement));
  }
  const { createActivities } = require('../../../activities') as Pick<Loaded, 'createActivities'>;
  const workflows = require('../../../workflows') as Loaded['workflows'];
  return { createActivities, workflows };
}
