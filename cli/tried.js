'use strict';
/** `npm run tried`: what the last `npm test` tried to break, and how often it really happened. Suites leave their figures in .rackcast/tally. */
const { existsSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '..', '.rackcast', 'tally');

function forgetTried() {
  rmSync(folder, { recursive: true, force: true });
}

/** As a table; empty when nothing was tried. */
function tried() {
  const files = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const rows = files.map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
  const cells = rows.map(({ what, tried: how, happened }) => [what, how, String(happened)]);
  if (cells.length === 0) return '';
  const all = [['tried', '', 'happened'], ...cells];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => row[at].length)));
  return all
    .map(
      ([what, how, happened]) =>
        `  ${what.padEnd(widths[0])}  ${how.padEnd(widths[1])}  ${happened.padStart(widths[2])}\n`,
    )
    .join('');
}

module.exports = { forgetTried, tried };
if (require.main === module) process.stdout.write(tried() || 'nothing was tried yet: npm test\n');
