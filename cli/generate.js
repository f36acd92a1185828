'use strict';
/**
 * `npm run generate`: writes the OpenAPI documents from the built APIs, and the clients' types from the documents. A client
 * names the hash of the document it was made from; a test compares them.
 *
 * The generator needs TypeScript's compiler API, which the project's own TypeScript does not have: it runs with one of its own.
 */
const { createHash } = require('node:crypto');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.join(__dirname, '..');
const GENERATOR = ['-y', '-p', 'openapi-typescript@7.13.0', '-p', 'typescript@5.9.3', 'openapi-typescript'];
/** A field with a default may be left out of a request. */
const OPTIONS = ['--default-non-nullable', 'false'];

function run(command, args) {
  const shell = process.platform === 'win32';
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell });
  if (done.status === 0) return;
  process.stderr.write(`rackcast: ${args.join(' ')} failed\n${done.stdout ?? ''}${done.stderr ?? done.error}\n`);
  process.exit(1);
}

function writeClient(name, folder) {
  const document = path.join('openapi', `${name}.json`);
  const made = path.join(folder, `${name}.ts`);
  run('npx', [...GENERATOR, document, '-o', made, ...OPTIONS]);
  const hash = createHash('sha256')
    .update(readFileSync(path.join(root, document)))
    .digest('hex');
  const body = readFileSync(made, 'utf8').replace(/^\/\*\*[\s\S]*?\*\/\s*/, '');
  const header = `/** Generated from ${name}.json by \`npm run generate\`; do not edit. sha256 ${hash} */\n\n`;
  writeFileSync(path.join(root, 'openapi', `${name}.generated.ts`), header + body);
  process.stdout.write(`openapi/${name}.json and openapi/${name}.generated.ts\n`);
}

const folder = mkdtempSync(path.join(tmpdir(), 'rackcast-generate-'));
const built = path.join(root, 'dist', 'api');
const agent = path.join(root, 'dist', 'dataplane', 'sled-agent', 'document.js');
try {
  // What we speak to the sleds' agents: no client is made from it, ours is the one it was made from.
  run(process.execPath, [agent]);
  for (const name of ['external', 'internal']) {
    run(process.execPath, [path.join(built, `${name}-document.js`)]);
    writeClient(name, folder);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
