/** Where the project's own files are, whether this code runs from the sources (tests) or from `dist`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const projectRoot = nearest(__dirname);

function nearest(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('rackcast must be started from its own folder: no package.json above it');
  return nearest(parent);
}
