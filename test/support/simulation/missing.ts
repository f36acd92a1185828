/** What activities ask of a replaced module and its replacement does not have: it would be a hole in the simulation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { REPLACEMENTS } from './replacements';

const folder = resolve(__dirname, '../../../activities');
const IMPORT = /import \{([^}]*)\} from '(\.\.\/db\/[^']+|@temporalio\/[^']+)'/g;

export function missingInReplacements(load: (file: string) => object): string[] {
  const replaced = new Map(REPLACEMENTS);
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return [...text.matchAll(IMPORT)].flatMap(([, names = '', from = '']) => {
      const values = names
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== '' && !each.startsWith('type '));
      const module = from.startsWith('.') ? `${resolve(folder, from)}.ts` : from;
      const replacement = replaced.get(module);
      if (replacement === undefined)
        return from.startsWith('.') && values.length > 0 ? [`${from}: ${values.join(', ')}`] : [];
      return values.filter((value) => !(value in load(replacement))).map((value) => `${from}: ${value}`);
    });
  });
}
