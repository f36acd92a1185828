/** The clients' types are of the documents that are checked in. `npm run generate` makes both. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

test.each(['external', 'internal'])('the %s client is of its document', (name) => {
  const read = (file: string) => readFileSync(join(__dirname, '..', '..', 'openapi', file), 'utf8');
  const hash = createHash('sha256')
    .update(read(`${name}.json`))
    .digest('hex');
  expect(read(`${name}.generated.ts`).split('\n', 1)[0]).toContain(`sha256 ${hash}`);
});
