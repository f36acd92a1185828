#!/usr/bin/env node
'use strict';
/** `rackcast`: the built command line. */
const { existsSync } = require('node:fs');
const path = require('node:path');

const main = path.join(__dirname, '..', 'dist', 'cli', 'main.js');
if (existsSync(main)) require(main);
else {
  process.stderr.write('rackcast: not built yet; `npm start` or `npm run build` in its folder does that\n');
  process.exitCode = 1;
}
