/** The internal API's document is the checked-in one, and fit for generators. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { written } from '../../api/external-document';
import { internalDocument } from '../../api/internal-document';

const FILE = join(__dirname, '..', '..', 'openapi', 'internal.json');

test('is the one that is checked in', async () => {
  expect(readFileSync(FILE, 'utf8')).toBe(written(await internalDocument()));
});

test('every reference leads somewhere, every operation has an id of its own, nothing is doubled', async () => {
  const document = JSON.parse(JSON.stringify(await internalDocument()));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(50);
  for (const [, section, name] of references) expect(document.components[section!]).toHaveProperty(name!);
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods as object));
  const ids = operations.map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).not.toContain(undefined);
  expect(Object.keys(document.components.schemas).filter((name) => /(Input|Output)$/.test(name))).toEqual([]);
});
